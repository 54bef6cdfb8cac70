//! Story 4: an unsettled loan stops the letter; once it is settled, a new one succeeds.
