/* picolibc's own errno.h stays out. */
#define _ERRNO_H_
#define __SYS_ERRNO_H_
#define _SYS_ERRNO_H_
extern int errno;
#define EINVAL 22
