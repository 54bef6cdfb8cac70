//! Story 9: 30 June comes between approval and payment (跨结息日), and a change of mind (撤销).
