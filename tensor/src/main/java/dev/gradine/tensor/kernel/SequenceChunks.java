package dev.gradine.tensor.kernel;

import java.util.stream.IntStream;

/// Cuts sequences into chunks of c positions: chunk number m of a sequence holds its keys at positions m ·
/// c − h … (m + 1) · c − h − 1 and the queries that stand there. Queries are the last positions of their
/// sequence, so those of a chunk are the last of the chunk, and a mask that is causal in the chunk needs to
/// know nothing of others.
final class SequenceChunks {

    private final Sequences from;
    private final Mask.Chunk chunk;
    private final int[] lastChunk; // of each sequence, counted among all chunks
    private final IntStream.Builder queryStart = IntStream.builder();
    private final IntStream.Builder keyStart = IntStream.builder();
    private final IntStream.Builder keyCount = IntStream.builder();
    private final IntStream.Builder parent = IntStream.builder();
    private int chunks;

    SequenceChunks(Sequences from, Mask.Chunk chunk) {
        this.from = from;
        this.chunk = chunk;
        this.lastChunk = new int[from.count()];
    }

    Sequences cut() {
        for (int s = 0; s < from.count(); s++) lastChunk[s] = cut(s);
        queryStart.add(from.queries());
        return new Sequences(
                queryStart.build().toArray(),
                keyStart.build().toArray(),
                keyCount.build().toArray(),
                from.allKeys(),
                parent.build().toArray());
    }

    /// Adds the chunks of sequence `s`, whose own keys are at positions `shared` to before `end`.
    private int cut(int s) {
        int shared = from.sharedKeys(s);
        int end = from.visibleKeys(s);
        int firstQuery = end - from.queries(s);
        for (int begin = shared; begin < end; ) {
            int within = (int) (((long) begin + chunk.shift()) % chunk.keys());
            int next = (int) Math.min(end, (long) begin - within + chunk.keys());
            boolean continues = shared > 0 && begin == shared && within != 0;
            queryStart.add(from.queryStart(s) + Math.max(0, begin - firstQuery));
            keyStart.add(from.keyStart(s) + begin - shared);
            keyCount.add(next - begin);
            parent.add(continues ? lastChunk[from.parent(s)] : -1);
            chunks++;
            begin = next;
        }
        return chunks - 1;
    }
}
