package dev.gradine.tensor.kernel;

import dev.gradine.tensor.ShapeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Where the sequences of a packed batch lie among the query rows and among the key rows, and which of them continue
/// another. Lives on the host, since it decides how work is split.
///
/// Query rows follow one another; key rows of a sequence are one range, and there may be rows between the ranges that
/// belong to none, as in caches with room to spare. Or they lie in pages, which several sequences may have in common:
/// Kwon et al. 2023 (arXiv:2309.06180), section 4.1.
public final class Sequences {

    private static final int PAGE = AttentionKernel.BLOCK;

    private final int[] queryStart;
    private final int[] keyStart;
    private final int[] keyCount;
    private final Keys keys;
    private final int[] parent;
    private @Nullable Chunked chunked; // kept, since devices know by the object which lists they have made already

    /// These sequences cut into chunks, and cut otherwise before.
    private record Chunked(
            Mask.Chunk chunk, Sequences sequences, @Nullable Chunked before) {}

    /// A range of rows.
    ///
    /// @param start first row
    /// @param count number of rows
    public record Rows(int start, int count) {}

    /// All key rows.
    ///
    /// @param rows number of rows
    /// @param gaps those that belong to no sequence, in ascending ranges
    /// @param arePaged whether they lie in pages
    /// @param pages through which rows are found; none where they need no finding
    record Keys(int rows, List<Rows> gaps, boolean arePaged, List<Integer> pages) {

        Keys(int rows, List<Rows> gaps) {
            this(rows, gaps, false, List.of());
        }
    }

    Sequences(int[] queryStart, int[] keyStart, int[] keyCount, Keys keys, int[] parent) {
        this.queryStart = queryStart;
        this.keyStart = keyStart;
        this.keyCount = keyCount;
        this.keys = keys;
        this.parent = parent;
    }

    /// As many keys as queries in each sequence: training and prefill.
    ///
    /// @param start first row of each sequence, then the number of rows: `[0, …, N]`
    public static Sequences packed(int... start) {
        return of(start, start);
    }

    /// Packed sequences of which some branch off another: a prompt that several answers share is computed once.
    ///
    /// @param start first row of each sequence, then the number of rows: `[0, …, N]`
    /// @param parent as `continuing` wants it
    /// @throws ShapeException if `start` does not ascend from 0, or a parent is refused
    public static Sequences branching(int[] start, int[] parent) {
        requireAscending("start", start);
        return of(start, start).continuing(parent);
    }

    /// One sequence whose last `queries` tokens ask and whose `keys` tokens answer: decoding with a cache.
    public static Sequences cached(int queries, int keys) {
        return of(new int[] {0, queries}, new int[] {0, keys});
    }

    /// Sequences that begin at the given query and key rows; both arrays end with the number of rows.
    ///
    /// @throws ShapeException if the offsets do not ascend from 0 or differ in number
    public static Sequences of(int[] queryStart, int[] keyStart) {
        requireAscending("queryStart", queryStart);
        requireAscending("keyStart", keyStart);
        requireCount("key offsets", keyStart.length, queryStart.length, "one per query offset");
        int n = keyStart.length - 1;
        int[] count = new int[n];
        for (int s = 0; s < n; s++) count[s] = keyStart[s + 1] - keyStart[s];
        return new Sequences(
                queryStart.clone(), Arrays.copyOf(keyStart, n), count, new Keys(keyStart[n], List.of()), none(n));
    }

    /// Sequences whose keys lie anywhere among `keyRows` rows: several caches in one batch.
    ///
    /// @param queryStart first query row of each sequence, then the number of query rows
    /// @param keyStart first key row of each sequence
    /// @param keyCount number of key rows of each sequence
    /// @param keyRows key rows in all, those included that belong to no sequence
    /// @throws ShapeException if the arrays do not pair up, a range leaves the rows, or two ranges share a row
    public static Sequences ranges(int[] queryStart, int[] keyStart, int[] keyCount, int keyRows) {
        requireAscending("queryStart", queryStart);
        int n = queryStart.length - 1;
        requireCount("first key rows", keyStart.length, n, "one per sequence");
        requireCount("key counts", keyCount.length, n, "one per sequence");
        for (int s = 0; s < n; s++) {
            if (keyStart[s] < 0 || keyCount[s] < 0 || keyStart[s] > keyRows - keyCount[s]) {
                throw new ShapeException(
                        "sequences: sequence %d has %d keys from row %d on, expected them among %d rows"
                                .formatted(s, keyCount[s], keyStart[s], keyRows));
            }
        }
        Keys keys = new Keys(keyRows, gaps(keyStart, keyCount, keyRows));
        return new Sequences(queryStart.clone(), keyStart.clone(), keyCount.clone(), keys, none(n));
    }

    /// Sequences whose keys lie in pages of `AttentionKernel.BLOCK` rows: key j of a sequence in row
    /// `pages[j / BLOCK] · BLOCK + j % BLOCK`. Several may read the same page. They are for reading only: backward
    /// refuses them.
    ///
    /// @param queryStart first query row of each sequence, then the number of query rows
    /// @param pages those of each sequence, in the order of its keys; more than it fills are ignored
    /// @param keyCount number of keys of each sequence
    /// @param keyRows key rows in all, those included that belong to no sequence
    /// @throws ShapeException if the arrays do not pair up, a sequence has too few pages, or a page leaves the rows
    public static Sequences paged(int[] queryStart, List<int[]> pages, int[] keyCount, int keyRows) {
        requireAscending("queryStart", queryStart);
        int n = queryStart.length - 1;
        requireCount("lists of pages", pages.size(), n, "one per sequence");
        requireCount("key counts", keyCount.length, n, "one per sequence");
        List<Integer> table = new ArrayList<>();
        int[] listed = new int[n];
        int[] first = new int[n];
        boolean follow = true;
        for (int s = 0; s < n; s++) {
            int[] own = filled(s, pages.get(s), keyCount[s], keyRows);
            listed[s] = Math.multiplyExact(PAGE, table.size());
            first[s] = own.length == 0 ? 0 : PAGE * own[0];
            for (int i = 0; i < own.length; i++) {
                follow &= own[i] == own[0] + i;
                table.add(own[i]);
            }
        }
        Keys keys = new Keys(keyRows, List.of(), true, follow ? List.of() : List.copyOf(table));
        return new Sequences(queryStart.clone(), follow ? first : listed, keyCount.clone(), keys, none(n));
    }

    /// The pages that `keys` keys of sequence `s` fill.
    private static int[] filled(int s, int[] pages, int keys, int keyRows) {
        if (keys < 0 || keys > (long) pages.length * PAGE) {
            throw new ShapeException("sequences: sequence %d has %d keys in %d pages, expected at most %d a page"
                    .formatted(s, keys, pages.length, PAGE));
        }
        int[] filled = Arrays.copyOf(pages, Math.ceilDiv(keys, PAGE));
        for (int page : filled) {
            if (page >= 0 && page < keyRows / PAGE) continue;
            throw new ShapeException("sequences: sequence %d has page %d, expected 0 to %d (%d rows, %d a page)"
                    .formatted(s, page, keyRows / PAGE - 1, keyRows, PAGE));
        }
        return filled;
    }

    private static int[] none(int n) {
        int[] none = new int[n];
        Arrays.fill(none, -1);
        return none;
    }

    private static void requireAscending(String name, int[] start) {
        boolean ok = start.length > 0 && start[0] == 0;
        for (int i = 1; ok && i < start.length; i++) ok = start[i] >= start[i - 1];
        if (!ok) {
            throw new ShapeException(
                    "sequences: %s is %s, expected to ascend from 0".formatted(name, Arrays.toString(start)));
        }
    }

    private static void requireCount(String what, int got, int expected, String because) {
        if (got != expected) {
            throw new ShapeException("sequences: %d %s, expected %d (%s)".formatted(got, what, expected, because));
        }
    }

    /// Rows of no range, in ascending ranges.
    private static List<Rows> gaps(int[] keyStart, int[] keyCount, int keyRows) {
        List<Integer> ascending = IntStream.range(0, keyStart.length)
                .filter(s -> keyCount[s] > 0)
                .boxed()
                .sorted(Comparator.comparingInt(s -> keyStart[s]))
                .toList();
        List<Rows> gaps = new ArrayList<>();
        int end = 0;
        for (int s : ascending) {
            if (keyStart[s] < end) {
                throw new ShapeException("sequences: key row %d belongs to sequence %d and another, expected one only"
                        .formatted(keyStart[s], s));
            }
            if (keyStart[s] > end) gaps.add(new Rows(end, keyStart[s] - end));
            end = keyStart[s] + keyCount[s];
        }
        if (end < keyRows) gaps.add(new Rows(end, keyRows - end));
        return List.copyOf(gaps);
    }

    /// The same rows, where some sequences continue another.
    ///
    /// @param parents for each sequence the earlier one that it continues, which itself continues none; −1 for none
    /// @throws ShapeException if sequences and parents differ in number, or a parent is none of these
    public Sequences continuing(int[] parents) {
        requireCount("parents", parents.length, count(), "one per sequence");
        for (int s = 0; s < parents.length; s++) {
            int p = parents[s];
            if (p < -1 || p >= s || (p >= 0 && parents[p] >= 0)) {
                throw new ShapeException(
                        "sequences: parent of sequence %d is %d, expected -1 or an earlier sequence without a parent"
                                .formatted(s, p));
            }
        }
        return new Sequences(queryStart, keyStart, keyCount, keys, parents.clone());
    }

    /// Number of sequences.
    public int count() {
        return queryStart.length - 1;
    }

    /// Number of query rows.
    public int queries() {
        return queryStart[queryStart.length - 1];
    }

    /// Number of key rows, those included that belong to no sequence.
    public int keys() {
        return keys.rows;
    }

    /// Number of query rows of sequence `s`.
    public int queries(int s) {
        return queryStart[s + 1] - queryStart[s];
    }

    /// Number of key rows of sequence `s`.
    public int keys(int s) {
        return keyCount[s];
    }

    /// First query row of sequence `s`; for `s = count()`, the number of rows.
    public int queryStart(int s) {
        return queryStart[s];
    }

    /// First key row of sequence `s`; where there are `pages()`, its number in them, laid in a row.
    public int keyStart(int s) {
        return keyStart[s];
    }

    /// The pages of all sequences, one list behind the other. None where keys lie in ranges, which those in pages that
    /// follow one another do.
    public List<Integer> pages() {
        return keys.pages;
    }

    /// Whether keys lie in pages: for reading only.
    public boolean arePaged() {
        return keys.arePaged;
    }

    /// Row of key number `key` among those that sequence `s` reads.
    public int row(int s, int key) {
        int shared = sharedKeys(s);
        return row(key < shared ? keyStart[parent[s]] + key : keyStart[s] + key - shared);
    }

    private int row(int listed) {
        return keys.pages.isEmpty() ? listed : keys.pages.get(listed / PAGE) * PAGE + listed % PAGE;
    }

    /// How many keys from number `key` on, of those that sequence `s` reads, lie in rows that follow one another.
    public int run(int s, int key) {
        int shared = sharedKeys(s);
        int left = key < shared ? shared - key : visibleKeys(s) - key;
        if (keys.pages.isEmpty() || left == 0) return left;
        int first = row(s, key);
        int run = Math.min(left, PAGE - first % PAGE);
        while (run < left && row(s, key + run) == first + run) run = Math.min(left, run + PAGE);
        return run;
    }

    /// Fails where keys lie in pages.
    ///
    /// @throws ShapeException says that a gradient has no place there
    public void requireOwnKeys(String op) {
        if (!keys.arePaged) return;
        throw new ShapeException(op + ": keys lie in pages, expected a range of rows for each sequence (pages, which"
                + " several may share, are for reading only)");
    }

    /// The sequence that `s` continues: its queries see keys of that one, then their own. −1 if there is none.
    public int parent(int s) {
        return parent[s];
    }

    /// Number of keys of the sequence that `s` continues, which come before its own.
    public int sharedKeys(int s) {
        return parent[s] < 0 ? 0 : keyCount[parent[s]];
    }

    /// Number of keys that sequence `s` reads: those of the sequence it continues, then its own.
    public int visibleKeys(int s) {
        return sharedKeys(s) + keyCount[s];
    }

    /// Key rows that belong to no sequence, in ascending ranges; none is told where keys lie in pages.
    public List<Rows> gaps() {
        return keys.gaps;
    }

    Keys allKeys() {
        return keys;
    }

    /// These sequences cut where chunks begin: what a query sees of its chunk is all that it sees. A chunk that begins
    /// among the keys of a parent continues that one's last chunk.
    Sequences chunks(Mask.Chunk chunk) {
        Chunked last = chunked;
        for (Chunked c = last; c != null; c = c.before) if (c.chunk.equals(chunk)) return c.sequences;
        Sequences cut = new SequenceChunks(this, chunk).cut();
        chunked = new Chunked(chunk, cut, last);
        return cut;
    }
}
