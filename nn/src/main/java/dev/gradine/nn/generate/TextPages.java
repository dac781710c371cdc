package dev.gradine.nn.generate;

import java.util.ArrayList;
import java.util.List;

/// The pages of the cache that a text has, and how many tokens have been read into them. `PageMemory` hands them out.
final class TextPages {

    final List<Integer> pages = new ArrayList<>(); // in the order of its tokens
    final int state; // number of its state, where layers keep one
    int reserved; // pages that it will want, and nobody else gets
    int length; // tokens

    TextPages(int state) {
        this.state = state;
    }

    /// Tokens that it has pages for.
    int capacity() {
        return pages.size() * PageMemory.UNIT;
    }

    /// Row of the cache of a token.
    int row(int token) {
        return pages.get(token / PageMemory.UNIT) * PageMemory.UNIT + token % PageMemory.UNIT;
    }
}
