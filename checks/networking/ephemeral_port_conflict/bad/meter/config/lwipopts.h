#define LWIP_SOCKET 1
#define LWIP_RAND() ((u32_t) rand())
