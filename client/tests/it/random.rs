//! Several clients, every fault, many seeds.

use std::collections::BTreeSet;

use crate::world::{Cut, World};

#[test]
fn all_timelines_converge_under_random_faults() {
    for seed in 0..200 {
        let mut world = World::new(seed, 4);
        world.duplicate_percent = 10;
        let mut said = BTreeSet::new();
        for step in 0..120 {
            let who = world.rng.usize(..4);
            match world.rng.u8(..12) {
                0..6 => {
                    world.say(who, &step.to_string());
                    said.insert(step.to_string());
                }
                6 => world.disconnect(who),
                7 => world.crash(who),
                8 => world.peers[who].cut = Some(Cut::BeforeWrite),
                9 => world.peers[who].cut = Some(Cut::AfterCommit),
                10 => world.peers[who].cut = Some(Cut::AfterAck),
                _ => world.restart_server(),
            }
            let pause = world.rng.u64(..1_500);
            world.run(pause);
        }
        for peer in &mut world.peers {
            peer.cut = None;
        }
        world.assert_converged();
        let texts = world.texts();
        assert_eq!(texts.len(), said.len(), "seed {seed}: lost or doubled");
        assert_eq!(
            texts.into_iter().collect::<BTreeSet<_>>(),
            said,
            "seed {seed}"
        );
    }
}
