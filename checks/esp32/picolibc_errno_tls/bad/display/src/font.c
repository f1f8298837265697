#include <errno.h>

int font_load(int size) {
    errno = size > 64 ? ERANGE : 0;
    return errno;
}
