#pragma once

#define configUSE_PREEMPTION 1
#define configTICK_RATE_HZ ((TickType_t) 1000)
#define configUSE_MUTEXES 0
#define configUSE_RECURSIVE_MUTEXES 1
