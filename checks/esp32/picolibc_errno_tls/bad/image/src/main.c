#include <stdlib.h>

int main(void) {
    unsigned channel = (unsigned)rand() % 16;
    radio_start(channel);
    for (;;) {
    }
}
