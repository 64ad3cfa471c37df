#include "common/base/huge_pages.h"

#include <cstdlib>
#include <limits>
#include <new>

#include <sys/mman.h>

namespace meridian {

void* allocate_in_huge_pages(std::size_t size_bytes) {
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  constexpr std::size_t kLeastAlignment = alignof(std::max_align_t);
  const auto alignment = size_bytes < kHugePage ? kLeastAlignment : kHugePage;
  if (size_bytes > std::numeric_limits<std::size_t>::max() - alignment) throw std::bad_alloc();
  const auto rounded = (size_bytes + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
  if (memory == nullptr) throw std::bad_alloc();
  // Where there are none the memory is good all the same.
  if (alignment == kHugePage) (void)::madvise(memory, rounded, MADV_HUGEPAGE);
  return memory;
}

void free_in_huge_pages(void* memory) noexcept { std::free(memory); }

}  // namespace meridian
