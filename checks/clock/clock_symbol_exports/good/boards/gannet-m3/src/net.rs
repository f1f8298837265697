/// One round of the network.
pub fn smoltcp_network_poll() {
    cortex_m::asm::wfi();
}
