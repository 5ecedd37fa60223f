# The short names of what is done every day; `just` lists them.

_list:
    @just --list --unsorted

# everything a change has to pass
check:
    .ci/run --no-install

# all tests, or those whose names contain NAME
test *NAME:
    cargo test --workspace --locked -- {{NAME}}

# the tests of the command line with repositories in buckets: s3, or s3-real (tests/s3/README.md)
buckets STORE="s3":
    LIFEBOAT_TEST_STORE={{STORE}} cargo test --workspace --locked --test it -- cli::

# half a gigabyte of real files through the program and back
real:
    cargo test --package lifeboat --locked -- real_tree

# histories of the simulator: replay SEED tells what happens in one, run FROM..TO lets many happen
sim WHAT SEEDS:
    LIFEBOAT_SIM_{{uppercase(WHAT)}}={{SEEDS}} cargo test --package lifeboat-engine --locked --test it -- --nocapture sim::what

# the program killed so many times at random moments, and what is there afterwards
kills COUNT:
    LIFEBOAT_KILLS={{COUNT}} cargo test --package lifeboat --locked --test it -- --nocapture kill::

# everybody at once for so many seconds, in real processes: backups, forget, prunes, restores, and kills
beside SECONDS:
    LIFEBOAT_BESIDE_SECONDS={{SECONDS}} cargo test --package lifeboat --locked --test it -- --nocapture everybody_at_once

# every fuzz target for so many seconds
fuzz SECONDS:
    fuzz/each {{SECONDS}}

# the model of the log protocol with larger worlds and more walks: hours, and many gigabytes of memory
model:
    LIFEBOAT_MODEL=all cargo test --package lifeboat-model --locked -- --nocapture

# format the sources
fmt:
    cargo fmt --all

# what the compiler and clippy have to say
lint:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# the documentation of all crates
docs:
    RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --locked

# licences, sources and fences of the dependencies
deny:
    cargo deny --locked check bans licenses sources
