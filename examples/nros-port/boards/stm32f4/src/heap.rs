//! The arena of the allocator. Only the processor touches it.

use core::mem::MaybeUninit;
use embedded_alloc::LlffHeap;

/// Bytes of the arena: what the rings leave of the memory beside the core.
pub const SIZE: usize = 40 * 1024;

#[global_allocator]
static HEAP: LlffHeap = LlffHeap::empty();

#[link_section = ".heap"]
static mut ARENA: MaybeUninit<[u8; SIZE]> = MaybeUninit::uninit();

/// Hands the arena to the allocator; called once.
pub fn init() {
    let start = core::ptr::addr_of_mut!(ARENA) as usize;
    unsafe { HEAP.init(start, SIZE) };
}
