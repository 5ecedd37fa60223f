//! Tests of rehearsals, one binary.
