//! The operations of a training program: forward, and back.
