//! t
use lifeboat_model::*;
use stateright::{Checker, HasDiscoveries, Model};

#[test]
fn t() {
    let only = std::env::var("ONLY").unwrap_or_default();
    for c in small() {
        if !c.name.contains(&only) { continue; }
        let name = c.name;
        let now = std::time::Instant::now();
        let checker = Protocol::new(c).checker().finish_when(HasDiscoveries::AnyFailures).timeout(std::time::Duration::from_secs(20)).threads(2).spawn_bfs().join();
        println!("{name}: {} {} {:?} {}", checker.unique_state_count(), checker.max_depth(), now.elapsed(), if now.elapsed().as_secs()>19 {"CUT"} else {""});
        for (name, path) in checker.discoveries() {
            println!("** {name}\n{}", checker.model().tell(&path.into_vec()));
        }
    }
}
#[test]
fn p() {
    let only = std::env::var("ONLY").unwrap_or_default();
    for rule in Rule::ALL.into_iter().chain(Rule::SPARE) {
        if !format!("{rule:?}").contains(&only) { continue; }
        let now = std::time::Instant::now();
        let checker = Protocol::without(without(rule), rule).checker().finish_when(HasDiscoveries::AnyFailures).timeout(std::time::Duration::from_secs(20)).spawn_bfs().join();
        println!("{rule:?}: {} {} {:?} {}", checker.unique_state_count(), checker.max_depth(), now.elapsed(), if now.elapsed().as_secs()>19 {"CUT"} else {""});
        for (name, path) in checker.discoveries() {
            println!("** {name}");
            if std::env::var_os("TELL").is_some() { println!("{}", checker.model().tell(&path.into_vec())); }
        }
    }
}

#[test]
fn same() {
    use std::collections::{HashSet, VecDeque};
    fn reached(p: &Protocol) -> HashSet<State> {
        let mut seen: HashSet<State> = p.init_states().into_iter().collect();
        let mut todo: VecDeque<State> = seen.iter().cloned().collect();
        while let Some(s) = todo.pop_front() { for n in p.next_states(&s) { if seen.insert(n.clone()) { todo.push_back(n); } } }
        seen
    }
    for c in small() {
        if !["writer, pruner, forget: lost and repeated PUTs", "unforget, writer, pruner, forget", "2 writers, pruner, forget any", "3 pruners", "0 writer, 2 pruners", "unforget, 2 pruners, forget"].contains(&c.name) { continue; }
        let name = c.name;
        let condensed = reached(&Protocol::new(c.clone()));
        let whole: HashSet<State> = reached(&Protocol::new(Configuration { whole: true, ..c }));
        let n = whole.len();
        let projected: HashSet<State> = whole.into_iter().map(Protocol::condensed).collect();
        println!("{name}: {n} -> {} {}", condensed.len(), condensed == projected);
        println!("missing {} extra {}", projected.difference(&condensed).count(), condensed.difference(&projected).count());
        if n < 3000 { 
        for e in projected.difference(&condensed).take(1) { println!("MISSING {e:?}"); }
        for e in condensed.difference(&projected).take(1) { println!("EXTRA {e:?}"); }}
    }
}

#[test]
fn w() {
    let p = Protocol::new(whole());
    let now = std::time::Instant::now();
    let mut steps = 0;
    let n: u64 = std::env::var("WALKS").map_or(20000, |w| w.parse().unwrap());
    for seed in 0..n {
        let walk = walk(&p, seed);
        steps += walk.steps;
        if let Some((i, path)) = walk.failure { println!("seed {seed} {i:?}\n{}", p.tell(&path)); for a in &path.last().unwrap().0.ends() { println!("{a}"); } break; }
    }
    println!("{n} walks {steps} steps {:?}", now.elapsed());
}
