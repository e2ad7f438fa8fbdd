//! The log: power cut everywhere, what is written counted, what is wrong refused.

mod counts;
mod cuts;
mod history;
mod life;
mod refused;
mod slots;
mod tuner;
