// A warp's matrix instructions for the stand-in, by the tables of the PTX ISA: "Matrix Fragments for mma.m16n8k16 with floating point
// type", "ldmatrix", "cp.async". Whole matrices are put together from what all lanes hold, element by element as the tables number
// them, so that nothing here shares a formula with the kernels.
#pragma once

/** What the lanes of each warp show each other: two, so that one exchange needs one meeting. */
struct GbShown {
  unsigned a[32][4], b[32][2];
  const unsigned short* rows[32];
};
static GbShown gbShown[32][2];
static unsigned gbTurn[32][32];

/** This lane's page of its warp, which alternates with every instruction. */
static inline GbShown& gbPage(int lane) {
  const int warp = int((threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) / 32);
  return gbShown[warp][gbTurn[warp][lane]++ & 1];
}

template <class Widen>
static inline void gbMultiplyAdd(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1, const Widen& widen) {
  const int lane = gbLane();
  GbShown& page = gbPage(lane);
  for (int i = 0; i < 4; i++) page.a[lane][i] = a[i];
  page.b[lane][0] = b0;
  page.b[lane][1] = b1;
  __syncwarp();
  const auto numberOf = [&](unsigned word, int i) { return widen((unsigned short)(i & 1 ? word >> 16 : word & 0xffff)); };
  // The rows of A and columns of B that this lane's elements of C need.
  const int groupID = lane >> 2, threadID_in_group = lane % 4;
  float A[2][16], B[2][16];
  for (int other = 0; other < 32; other++) {
    const int group = other >> 2, thread = other % 4;
    for (int i = 0; i < 8; i++) {
      const int row = (0 <= i && i < 2) || (4 <= i && i < 6) ? group : group + 8;
      const int col = i < 4 ? thread * 2 + (i & 1) : thread * 2 + (i & 1) + 8;
      if (row == groupID) A[0][col] = numberOf(page.a[other][i / 2], i);
      if (row == groupID + 8) A[1][col] = numberOf(page.a[other][i / 2], i);
    }
    for (int i = 0; i < 4; i++) {
      const int row = i < 2 ? thread * 2 + (i & 1) : thread * 2 + (i & 1) + 8, col = group;
      if (col == threadID_in_group * 2) B[0][row] = numberOf(page.b[other][i / 2], i);
      if (col == threadID_in_group * 2 + 1) B[1][row] = numberOf(page.b[other][i / 2], i);
    }
  }
  for (int i = 0; i < 4; i++) {
    // Row groupID for i < 2, groupID + 8 otherwise; column threadID_in_group · 2 + (i & 1).
    const float *row = A[i < 2 ? 0 : 1], *col = B[i & 1];
    float sum = 0;
    for (int k = 0; k < 16; k++) sum += row[k] * col[k];
    c[i] += sum;
  }
}

/** .x4, with .trans or without: threads 8j … 8j + 7 give the rows of matrix j. */
static inline void gbLoadMatrices(unsigned (&to)[4], const void* row, bool trans) {
  const int lane = gbLane();
  GbShown& page = gbPage(lane);
  page.rows[lane] = static_cast<const unsigned short*>(row);
  if (reinterpret_cast<unsigned long>(row) % 16 != 0) gbRuntime->access(reinterpret_cast<unsigned long>(row) | 1, 16, false);
  __syncwarp();
  for (int j = 0; j < 4; j++) {
    unsigned short own[2];
    for (int e = 0; e < 2; e++) {
      const int r = trans ? lane % 4 * 2 + e : lane / 4, c = trans ? lane / 4 : lane % 4 * 2 + e;
      own[e] = page.rows[8 * j + r][c];
    }
    to[j] = own[0] | unsigned(own[1]) << 16;
  }
}

/** Copies happen when they are waited for, as late as a card may make them. */
struct GbCopy {
  char* to;
  const char* from;
  int bytes;
  bool there;
};
static GbCopy gbCopies[1024][64];
static int gbWaiting[1024];
static inline int gbThread() { return int(threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)); }

static inline void gbCopyLater(void* to, const void* from, int bytes, bool there) {
  const int thread = gbThread();
  if (gbWaiting[thread] == 64) __builtin_trap();
  // Both ends must be aligned to the copy's size, also where nothing is read.
  const unsigned long ends = reinterpret_cast<unsigned long>(to) | reinterpret_cast<unsigned long>(from);
  if (ends % (unsigned long)bytes != 0) gbRuntime->access(ends | 1, (unsigned long)bytes, false);
  gbCopies[thread][gbWaiting[thread]++] = {static_cast<char*>(to), static_cast<const char*>(from), bytes, there};
}
static inline void gbCopyNow() {
  const int thread = gbThread();
  for (int i = 0; i < gbWaiting[thread]; i++) {
    const GbCopy& copy = gbCopies[thread][i];
    for (int k = 0; k < copy.bytes; k++) copy.to[k] = copy.there ? copy.from[k] : 0;
  }
  gbWaiting[thread] = 0;
}
