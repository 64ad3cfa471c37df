#pragma once

#include <cstddef>
#include <vector>

namespace meridian {

/// Memory for arrays that are read at random: of 2 MiB and more it lies in huge pages where the
/// system has them, which spares a walk through the page table at nearly every access. Throws
/// std::bad_alloc. Any thread.
void* allocate_in_huge_pages(std::size_t size_bytes);
void free_in_huge_pages(void* memory) noexcept;

/// For standard containers.
template <class T>
struct HugePageAllocator {
  using value_type = T;

  HugePageAllocator() = default;
  template <class U>
  HugePageAllocator(const HugePageAllocator<U>&) noexcept {}  // NOLINT: conversion is the idea

  T* allocate(std::size_t count) {
    return static_cast<T*>(allocate_in_huge_pages(count * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t) noexcept { free_in_huge_pages(memory); }

  friend bool operator==(const HugePageAllocator&, const HugePageAllocator&) { return true; }
};

/// A vector for tables that queries look things up in.
template <class T>
using TableVector = std::vector<T, HugePageAllocator<T>>;

}  // namespace meridian
