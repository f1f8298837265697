#include <stddef.h>
#include <stdint.h>

typedef void (*nros_command_handler)(uint8_t command, void *context);

static nros_command_handler handler;
static void *handler_context;

/* The handler gets the context with every command, for as long as the board runs. */
void nros_on_command(nros_command_handler on_command, void *context) {
    handler = on_command;
    handler_context = context;
}

/* Called for every byte that the serial port receives. */
void nros_command_byte(uint8_t byte) {
    if (handler != NULL) {
        handler(byte, handler_context);
    }
}
