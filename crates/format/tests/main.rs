//! Tests of this crate, one binary: golden vectors, round trips, damage, limits, keys.

mod arbitrary;
mod by_hand;
mod ceilings;
mod chunker;
mod corpus;
mod damage;
mod erasure_code;
mod evidence;
mod heal;
mod index_places;
mod key_text;
mod limits;
mod newer;
mod page_trees;
mod round_trips;
mod secrets;
mod vectors;
mod world;
mod wrong_keys;
