#include "FreeRTOS.h"
#include "task.h"
#include "session.h"

#define APP_STACK_WORDS 8192
#define LOG_STACK_BYTES 4096

static void start(TaskFunction_t entry, const char *name, uint32_t words, UBaseType_t priority) {
    xTaskCreate(entry, name, words, NULL, priority, NULL);
}

void vApplicationStackOverflowHook(TaskHandle_t task, char *name) {
    console_fatal("stack overflow", name);
}

int main(int argc, char **argv) {
    start(app_task, "app", APP_STACK_WORDS, 3);
    start(record_task, "record", (argc > 1) ? atoi(argv[1]) : 512, 2);
    xTaskCreate(log_task, "log", LOG_STACK_BYTES / sizeof(StackType_t), NULL, 1, NULL);
    vTaskStartScheduler();
    return 0;
}
