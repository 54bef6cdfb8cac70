//! Story 10: two cities, one loan (一人两地贷款).
