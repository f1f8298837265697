#ifndef NODE_ERRNO_H
#define NODE_ERRNO_H

extern int errno;

#define EINVAL 22
#define ERANGE 34

#endif
