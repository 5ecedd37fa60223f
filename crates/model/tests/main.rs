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
