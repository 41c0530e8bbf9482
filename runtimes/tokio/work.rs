// SPDX-License-Identifier: MIT
//! Work for the processor whose result is also to be had without it, as workloads/work.h says.

use std::thread;
use std::time::Duration;

use crate::run::{work, Run};

/// 8 MiB: more than a core's own caches.
const MEMORY_WORDS_LOG2: u32 = 20;
const MEASURED_STEPS: u64 = 1 << 17;
const MEASUREMENTS: usize = 5;
/// Of Knuth's MMIX generator.
const FACTOR: u64 = 6364136223846793005;
const ADDEND: u64 = 1442695040888963407;

/// So many steps of a linear congruential generator, and what they do beside.
pub enum Work {
    Cpu,
    /// Words of 1, which the processor has to fetch to know.
    Memory(Vec<u64>),
    /// A step is a microsecond.
    Sleep,
}

impl Work {
    pub fn memory() -> Work {
        Work::Memory(vec![1; 1 << MEMORY_WORDS_LOG2])
    }

    /// `value` after so many more steps.
    pub fn steps(&self, value: u64, steps: u64) -> u64 {
        match self {
            Work::Cpu => work(value, steps),
            Work::Memory(ones) => (0..steps).fold(value, |value, _| {
                let one = ones[(value >> (u64::BITS - MEMORY_WORDS_LOG2)) as usize];
                value.wrapping_mul(FACTOR).wrapping_add(ADDEND - 1).wrapping_add(one)
            }),
            Work::Sleep => {
                thread::sleep(Duration::from_micros(steps));
                work(value, steps)
            }
        }
    }

    /// The shortest of several tries: nobody else ran meanwhile.
    pub fn steps_per_us(&self, run: Run) -> u64 {
        if let Work::Sleep = self {
            return 1;
        }
        let mut value = 1;
        let tries = (0..MEASUREMENTS).map(|_| {
            let start_ns = run.now_ns();
            value = self.steps(value, MEASURED_STEPS);
            run.now_ns() - start_ns
        });
        let shortest_ns = tries.min().expect("there are several");
        assert_ne!(value, 0, "what is asked for is computed");
        MEASURED_STEPS * 1000 / shortest_ns + 1
    }
}
