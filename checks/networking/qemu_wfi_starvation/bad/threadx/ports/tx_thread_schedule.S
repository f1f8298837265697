# The scheduler: looks for a thread that is ready, for ever.
    .global _tx_thread_schedule
_tx_thread_schedule:
    la      t0, _tx_thread_execute_ptr
_tx_thread_schedule_loop:
    lw      t1, 0(t0)
    beqz    t1, _tx_thread_schedule_loop
    ret
