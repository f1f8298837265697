#ifndef NROS_ERRNO_H
#define NROS_ERRNO_H

/* Plain, not thread-local: see build.rs. */
extern int errno;

#define EINVAL 22
#define ERANGE 34

#endif
