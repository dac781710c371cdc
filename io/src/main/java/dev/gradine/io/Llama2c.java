package dev.gradine.io;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A llama2.c `.bin` of version 0: seven 32-bit integers, then f32 values and nothing else.
///
/// ```
/// dim hidden_dim n_layers n_heads n_kv_heads vocab_size seq_len      vocab_size < 0: the classifier is not shared
/// tok_embeddings[V,C] attention_norm[L,C] wq[L,C,C] wk[L,K,C] wv[L,K,C] wo[L,C,C] ffn_norm[L,C]
/// w1[L,F,C] w2[L,C,F] w3[L,F,C] norm[C] freq_cis_real[T,D/2] freq_cis_imag[T,D/2] (output[V,C])
/// ```
///
/// with D = C / n_heads and K = n_kv_heads · D. Tensors carry the names of the original Llama files, per layer:
/// `layers.0.attention.wq.weight`; as there, rows of wq and wk interleave the halves of a head.
public final class Llama2c implements WeightFile {

    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int HEADER_BYTES = 28;

    /// First integer of the later versions of the format, which we do not read.
    private static final int MAGIC = 0x616b3432;

    private final Path path;
    private final MemorySegment all;
    private final Header header;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private long end = HEADER_BYTES;

    /// @param dim C
    /// @param hidden F, width of the feed-forward layer
    /// @param layers L
    /// @param heads heads of q
    /// @param kvHeads heads of k and v
    /// @param vocab V
    /// @param context T, longest sequence
    /// @param shared whether the classifier is the embedding
    record Header(int dim, int hidden, int layers, int heads, int kvHeads, int vocab, int context, boolean shared) {

        /// The numbers under the names that llama2.c gives them.
        String words() {
            return "dim %d, hidden_dim %d, n_layers %d, n_heads %d, n_kv_heads %d, vocab_size %s%d, seq_len %d"
                    .formatted(dim, hidden, layers, heads, kvHeads, shared ? "" : "-", vocab, context);
        }

        /// D, width of one head.
        int headDim() {
            return dim / heads;
        }
    }

    private record Entry(TensorInfo info, long begin) {}

    private Llama2c(Path path, MemorySegment all, Header header) {
        this.path = path;
        this.all = all;
        this.header = header;
    }

    /// Maps the file and checks that its size is what the header says, to the byte.
    ///
    /// @param arena keeps the map: tensors must not outlive it
    /// @throws CheckpointException names the file and what is wrong with it
    public static Llama2c open(Path file, Arena arena) {
        MemorySegment all = MappedFile.map(file, arena);
        Llama2c bin = new Llama2c(file, all, header(file, all));
        try {
            bin.layOut();
        } catch (ArithmeticException _) {
            throw new CheckpointException(file, "header asks for more than 2^63 bytes: " + bin.header.words());
        }
        if (bin.end != all.byteSize()) {
            throw new CheckpointException(
                    file, "%d bytes, expected %d for %s".formatted(all.byteSize(), bin.end, bin.header.words()));
        }
        return bin;
    }

    private static Header header(Path file, MemorySegment all) {
        if (all.byteSize() < HEADER_BYTES) {
            throw new CheckpointException(
                    file, "%d bytes, expected at least %d".formatted(all.byteSize(), HEADER_BYTES));
        }
        int[] h = all.asSlice(0, HEADER_BYTES).toArray(I32);
        if (h[0] == MAGIC) {
            throw new CheckpointException(file, "llama2.c version %d, expected version 0".formatted(h[1]));
        }
        List<String> names = List.of("dim", "hidden_dim", "n_layers", "n_heads", "n_kv_heads", "vocab_size", "seq_len");
        boolean shared = h[5] > 0;
        if (h[5] != Integer.MIN_VALUE) h[5] = Math.abs(h[5]);
        for (int i = 0; i < h.length; i++) {
            if (h[i] < 1) throw new CheckpointException(file, "%s is %d, expected >= 1".formatted(names.get(i), h[i]));
        }
        if (h[0] % h[3] != 0 || h[0] / h[3] % 2 != 0) {
            throw new CheckpointException(
                    file, "dim is %d, expected an even multiple of n_heads %d".formatted(h[0], h[3]));
        }
        if (h[3] % h[4] != 0) {
            throw new CheckpointException(
                    file, "n_heads is %d, expected a multiple of n_kv_heads %d".formatted(h[3], h[4]));
        }
        return new Header(h[0], h[1], h[2], h[3], h[4], h[5], h[6], shared);
    }

    private void layOut() {
        long c = header.dim;
        long f = header.hidden;
        long k = (long) header.kvHeads * header.headDim();
        // Before anything is built per layer: a header may claim two thousand million of them.
        long layer = Math.addExact(
                Math.multiplyExact(2 * c, Math.addExact(c, k)), Math.addExact(Math.multiplyExact(3 * c, f), 2 * c));
        if (Math.multiplyExact(layer, (long) header.layers) > all.byteSize()) {
            throw new CheckpointException(path, "%d bytes, too few for %s".formatted(all.byteSize(), header.words()));
        }
        add("tok_embeddings.weight", header.vocab, c);
        each("attention_norm", c);
        each("attention.wq", c, c);
        each("attention.wk", k, c);
        each("attention.wv", k, c);
        each("attention.wo", c, c);
        each("ffn_norm", c);
        each("feed_forward.w1", f, c);
        each("feed_forward.w2", c, f);
        each("feed_forward.w3", f, c);
        add("norm.weight", c);
        // Tables of cosines and sines: every reader computes its own.
        end = Math.addExact(end, Math.multiplyExact(4L * header.context, header.headDim()));
        if (!header.shared) add("output.weight", header.vocab, c);
    }

    private void each(String name, long... dims) {
        for (int i = 0; i < header.layers; i++) add("layers.%d.%s.weight".formatted(i, name), dims);
    }

    private void add(String name, long... dims) {
        long bytes = 4;
        for (long d : dims) bytes = Math.multiplyExact(bytes, d);
        List<Long> shape = dims.length == 1 ? List.of(dims[0]) : List.of(dims[0], dims[1]);
        entries.put(name, new Entry(new TensorInfo(name, "F32", shape, bytes), end));
        end = Math.addExact(end, bytes);
    }

    /// The seven integers.
    Header header() {
        return header;
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public String format() {
        return "llama2.c";
    }

    @Override
    public List<TensorInfo> tensors() {
        return entries.values().stream().map(Entry::info).toList();
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(entries.keySet());
    }

    @Override
    public Tensor tensor(String name) {
        Entry e = entries.get(name);
        if (e == null) throw new CheckpointException(path, "no tensor " + name);
        return new Tensor(all.asSlice(e.begin, e.info.bytes()), DType.F32, Extents.shape(path, e.info));
    }
}
