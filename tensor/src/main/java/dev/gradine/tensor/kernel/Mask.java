package dev.gradine.tensor.kernel;

/// Which keys a query sees in attention.
///
/// The keys of a sequence are numbered 0 … T − 1: first those of the sequence that it continues, if there is one, then
/// its own. Its Q queries stand at the last positions, T − Q … T − 1. A query at position p sees the keys
///
/// ```
/// causal     0         … p
/// full       0         … T − 1
/// window w   p − w + 1 … p          Beltagy et al. 2020 (arXiv:2004.05150), section 3.1
/// around r   p − r     … p + r
/// chunk c, h ⌊(p + h)/c⌋ · c − h … p
/// ```
///
/// of those that exist.
public sealed interface Mask {

    /// The band of keys that the queries of one sequence see.
    ///
    /// @param queries number of queries Q of the sequence, one of those that `over` returned
    /// @param keys number of keys T that the sequence reads, those of the sequence it continues included
    Band band(int queries, int keys);

    /// The sequences whose queries see a band of keys each: `sequences`, unless the mask cuts them into smaller ones.
    default Sequences over(Sequences sequences) {
        return sequences;
    }

    /// All keys up to the query's own position.
    record Causal() implements Mask {
        @Override
        public Band band(int queries, int keys) {
            return new Band(-queries, keys - queries, keys);
        }

        @Override
        public String toString() {
            return "causal";
        }
    }

    /// Every key. Only this mask allows more queries than keys, as cross-attention has them.
    record Full() implements Mask {
        @Override
        public Band band(int queries, int keys) {
            return new Band(-queries, keys - 1, keys);
        }

        @Override
        public String toString() {
            return "full";
        }
    }

    /// The last few keys up to the query's own position: a sliding window.
    ///
    /// @param keys w, how many keys a query sees at most, its own among them
    record Window(int keys) implements Mask {

        /// @throws IllegalArgumentException if a query would see no key
        public Window {
            if (keys < 1) throw new IllegalArgumentException("mask: window is " + keys + " keys, expected at least 1");
        }

        @Override
        public Band band(int queries, int all) {
            int last = all - queries;
            return new Band(Math.max(-queries, last - keys + 1), last, all);
        }

        @Override
        public String toString() {
            return "window " + keys;
        }
    }

    /// The keys near the query's own position, on both sides.
    ///
    /// @param reach r, how far the farthest of them is
    record Around(int reach) implements Mask {

        /// @throws IllegalArgumentException if a query would see no key
        public Around {
            if (reach < 0) throw new IllegalArgumentException("mask: reach is " + reach + ", expected at least 0");
        }

        @Override
        public Band band(int queries, int all) {
            int own = all - queries;
            int last = (int) Math.min(all - 1, (long) own + reach);
            return new Band(Math.max(-queries, own - reach), last, all);
        }

        @Override
        public String toString() {
            return "around " + reach;
        }
    }

    /// The keys of the query's own chunk of positions, up to its own.
    ///
    /// @param keys c, how many positions a chunk has
    /// @param shift h, by how many positions chunks begin earlier, so that the first one has c − h
    record Chunk(int keys, int shift) implements Mask {

        /// @throws IllegalArgumentException if a chunk has no position, or is shifted by a whole one
        public Chunk {
            if (keys < 1) throw new IllegalArgumentException("mask: chunk is " + keys + " keys, expected at least 1");
            if (shift < 0 || shift >= keys) {
                throw new IllegalArgumentException(
                        "mask: chunk of %d keys is shifted by %d, expected 0 to %d".formatted(keys, shift, keys - 1));
            }
        }

        /// Chunks from position 0 on.
        public Chunk(int keys) {
            this(keys, 0);
        }

        /// Each chunk as a sequence of its own, in which the mask is causal.
        @Override
        public Sequences over(Sequences sequences) {
            return sequences.chunks(this);
        }

        @Override
        public Band band(int queries, int all) {
            return new Causal().band(queries, all);
        }

        @Override
        public String toString() {
            return "chunk " + keys + (shift == 0 ? "" : " shifted by " + shift);
        }
    }
}
