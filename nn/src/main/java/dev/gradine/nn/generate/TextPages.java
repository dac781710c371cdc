package dev.gradine.nn.generate;

/// A range of rows of the cache, and how many tokens have been read into it.
final class Lane {

    final int start; // first row
    final int capacity; // tokens
    int length;

    Lane(int start, int capacity) {
        this.start = start;
        this.capacity = capacity;
    }
}
