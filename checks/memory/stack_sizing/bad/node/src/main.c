#include "FreeRTOS.h"
#include "task.h"
#include "session.h"

#define APP_STACK_WORDS 2048
#define LOG_STACK_BYTES 4096

static void start(TaskFunction_t entry, const char *name, uint32_t words, UBaseType_t priority) {
    xTaskCreate(entry, name, (uint16_t)words, NULL, priority, NULL);
}

int main(int argc, char **argv) {
    start(app_task, "app", APP_STACK_WORDS, 3);
    start(record_task, "record", (argc > 1) ? atoi(argv[1]) : 512, 2);
    xTaskCreate(log_task, "log", LOG_STACK_BYTES, NULL, 1, NULL);
    vTaskStartScheduler();
    return 0;
}
