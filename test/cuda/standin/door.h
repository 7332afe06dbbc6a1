// What the stand-ins for NVIDIA's libraries of kernels need of the stand-in for the driver.
#pragma once
#include <cstddef>
#include <functional>
#include <string>

#define API extern "C" __attribute__((visibility("default")))

namespace standin {

/** 0, or the error that every call gives: one that lasts, or no context. */
int ready();
/** The value of a word of GRADBOOK_STANDIN (`cublas=refuse`); empty where it is not there. */
std::string setting(const char* name);
/** Whether a range of addresses is one allocation of the card, or a part of one. */
bool onCard(const void* address, size_t bytes);
/** The same memory where the host may touch it. */
void* onHost(const void* address);
/** Work for a stream, done as late as a kernel's. */
void enqueue(void* stream, std::function<void()> work);
/** Says what was wrong and fails what comes after it, as a kernel that fell. */
void collapse(const std::string& why);
/** Says what was wrong with a call; `code` again. */
int refuse(int code, const std::string& why);

}  // namespace standin
