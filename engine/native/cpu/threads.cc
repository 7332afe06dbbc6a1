#include "cpu/threads.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tensor/error.h"

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace gb {
namespace {

thread_local bool parallel = false;

constexpr int kSpins = 1500;

using Clock = std::chrono::steady_clock;
/**
 * How long a worker looks for the next loop before it sleeps. To wake it costs both threads some ten microseconds. In a training
 * step loops follow each other within the time of the ops between them that one thread does alone, so who was called
 * again so soon looks for as long.
 */
constexpr auto kFirstLook = std::chrono::microseconds(20), kLongLook = std::chrono::microseconds(250);

/** The chunks that one thread begins with, in a cache line of their own. */
struct alignas(64) Share {
  std::atomic<int64_t> next{0};
  int64_t end = 0;
};

/**
 * One parallel loop. Each thread begins with the same part of the range in every loop, so that what it wrote in one op lies
 * in its own cache in the next; who is done helps the others. Workers hold the job by shared pointer: a late one finds no
 * chunk left and lets go.
 */
struct Job {
  detail::RangeFn fn;
  const void* context;
  const char* op;
  int64_t n, chunk, chunks;
  std::vector<Share> shares;
  std::atomic<int64_t> unfinished{0};
  std::atomic<bool> failed{false};
  std::exception_ptr error;

  void work(size_t thread) {
    const OpName name(op);  // errors name the op on every thread
    for (size_t i = 0; i < shares.size(); i++) {
      Share& share = shares[(thread + i) % shares.size()];
      while (share.next.load(std::memory_order_relaxed) < share.end) {
        const int64_t at = share.next.fetch_add(1, std::memory_order_relaxed);
        if (at < share.end) run(at);
      }
    }
  }

  void run(int64_t at) {
    if (!failed.load(std::memory_order_relaxed)) {
      try {
        fn(context, at * chunk, std::min(n, (at + 1) * chunk));
      } catch (...) {
        if (!failed.exchange(true)) error = std::current_exception();
      }
    }
    unfinished.fetch_sub(1, std::memory_order_acq_rel);
  }
};

/** Never destroyed: its threads may outlive the end of main. */
struct Pool {
  std::mutex busy;  // held by the thread whose loop the pool runs
  std::mutex mutex;
  std::condition_variable wake;
  std::shared_ptr<Job> job;
  std::atomic<uint64_t> generation{0};
  int sleeping = 0;
  int workers = 0;
  std::atomic<int> wanted{0};

  void run(int index) {
    parallel = true;
    uint64_t seen = 0;
    Clock::duration patience = kFirstLook;
    for (;;) {
      const auto start = Clock::now();
      const auto called = [&] { return generation.load(std::memory_order_acquire) != seen; };
      do {
        for (int i = 0; i < 64 && !called(); i++) pause();
      } while (!called() && Clock::now() - start < patience);
      std::shared_ptr<Job> mine;
      {
        std::unique_lock<std::mutex> lock(mutex);
        if (generation == seen) {
          sleeping++;
          wake.wait(lock, [&] { return generation != seen; });
          sleeping--;
        }
        seen = generation;
        mine = job;
      }
      patience = Clock::now() - start < kLongLook ? kLongLook : kFirstLook;
      if (mine && index < wanted) mine->work(size_t(index) + 1);
    }
  }

  void start(const std::shared_ptr<Job>& next, int helpers) {
    std::unique_lock<std::mutex> lock(mutex);
    for (; workers < helpers; workers++) {
      std::thread([this, index = workers] { run(index); }).detach();
    }
    wanted = helpers;
    job = next;
    generation++;
    const bool wakeUp = sleeping > 0;
    lock.unlock();
    if (wakeUp) wake.notify_all();
  }

  void finish() {
    std::lock_guard<std::mutex> lock(mutex);
    job.reset();
  }
};

Pool& pool() {
  static Pool* it = new Pool;
  return *it;
}

/** Processors granted by a container, or a large number. */
int quota() {
  int result = 1 << 20;
  if (FILE* file = std::fopen("/sys/fs/cgroup/cpu.max", "r")) {
    long long time = 0, period = 0;
    if (std::fscanf(file, "%lld %lld", &time, &period) == 2 && period > 0) {
      result = int(std::max<long long>(1, (time + period - 1) / period));
    }
    std::fclose(file);
  }
  return result;
}

/** Physical cores that this process may run on. */
int physicalCores() {
  int count = int(std::thread::hardware_concurrency());
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    std::set<std::string> cores;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
      if (!CPU_ISSET(cpu, &allowed)) continue;
      char text[128];
      std::snprintf(text, sizeof text, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
      std::string siblings = std::to_string(cpu);
      if (FILE* file = std::fopen(text, "r")) {
        if (std::fgets(text, sizeof text, file)) siblings = text;
        std::fclose(file);
      }
      cores.insert(siblings);
    }
    count = int(cores.size());
  }
#elif defined(__APPLE__)
  // Efficiency cores would hold up a loop that is divided evenly.
  int value = 0;
  size_t size = sizeof value;
  if (sysctlbyname("hw.perflevel0.physicalcpu", &value, &size, nullptr, 0) == 0 && value > 0) count = value;
#endif
  return std::max(1, std::min(count, quota()));
}

std::atomic<int> threads{0};

}  // namespace

int availableCores() {
  static const int cores = physicalCores();
  return cores;
}

int numThreads() {
  int n = threads.load(std::memory_order_relaxed);
  if (n == 0) threads = n = availableCores();
  return n;
}

void setNumThreads(int n) { threads = std::max(1, std::min(n, 1024)); }

bool inParallel() { return parallel; }

namespace detail {

void parallelRanges(int64_t n, int64_t grain, RangeFn fn, const void* context) {
  const int helpers = numThreads() - 1;
  Pool& p = pool();
  if (helpers == 0 || parallel || !p.busy.try_lock()) {
    fn(context, 0, n);
    return;
  }
  std::lock_guard<std::mutex> guard(p.busy, std::adopt_lock);
  const int64_t most = int64_t(helpers + 1) * 4;  // some more than threads, should one be held up
  const int64_t chunks = std::max<int64_t>(1, std::min(most, n / std::max<int64_t>(grain, 1)));
  auto job = std::make_shared<Job>();
  job->fn = fn;
  job->context = context;
  job->op = currentOp;
  job->n = n;
  job->chunk = (n + chunks - 1) / chunks;
  job->chunks = (n + job->chunk - 1) / job->chunk;
  job->unfinished = job->chunks;
  const int64_t workers = std::min<int64_t>(helpers + 1, job->chunks);
  job->shares = std::vector<Share>(size_t(workers));
  for (int64_t i = 0; i < workers; i++) {
    job->shares[size_t(i)].next = job->chunks * i / workers;
    job->shares[size_t(i)].end = job->chunks * (i + 1) / workers;
  }
  p.start(job, int(workers - 1));
  parallel = true;
  job->work(0);
  parallel = false;
  for (int spins = 0; job->unfinished.load(std::memory_order_acquire) > 0; spins++) {
    if (spins < kSpins) {
      pause();
    } else {
      std::this_thread::yield();
    }
  }
  p.finish();
  if (job->failed) std::rethrow_exception(job->error);
}

}  // namespace detail
}  // namespace gb
