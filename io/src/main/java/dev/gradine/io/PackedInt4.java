package dev.gradine.io;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/// Linear layers of four bits as GPTQ (Frantar et al. 2022, arXiv:2210.17323) and AWQ (Lin et al. 2023,
/// arXiv:2306.00978) store them: eight codes in an i32, a scale and a zero point for each group of G inputs.
///
/// ```
/// W[o,i] = scales[g,o] · (q[i,o] − z[g,o])          g = g_idx[i], or ⌊i / G⌋
///
///            GPTQ                                         AWQ
/// qweight    [I/8, O], nibble k of row r is i = 8r + k    [I, O/8], nibble k of column c is o = 8c + order[k]
/// qzeros     [I/G, O/8], nibble k of c is o = 8c + k      [I/G, O/8], as its qweight
/// scales     f16 [I/G, O]                                 f16 [I/G, O]
/// g_idx      i32 [I]; may be missing                      none
///                                                         order = 0 2 4 6 1 3 5 7
/// ```
///
/// GPTQ's zero points are stored less 1 (modulo 16), unless `checkpoint_format` is `gptq_v2`. Rows of W are
/// columns of the file, so they are turned once into blocks of GPTQ4; still four bits, and exact. Where
/// `desc_act` has put inputs of different groups side by side, no block has one scale: such a layer is f16,
/// as GPTQ's own kernels round it.
final class PackedInt4 implements Assembled {

    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort F16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final String CODES = ".qweight";
    private static final int BLOCK = 32;
    private static final int BLOCK_BYTES = 20;
    private static final int[] PLAIN = {0, 1, 2, 3, 4, 5, 6, 7};
    private static final int[] AWQ = {0, 4, 1, 5, 2, 6, 3, 7}; // the nibble of each of eight columns

    private final WeightFile file;
    private final Arena arena;
    private final boolean isAwq;
    private final int added; // to stored zero points
    private final Set<String> modules;
    private final Map<String, Tensor> made = new ConcurrentHashMap<>();

    private PackedInt4(WeightFile file, Arena arena, boolean isAwq, int added, Set<String> modules) {
        this.file = file;
        this.arena = arena;
        this.isAwq = isAwq;
        this.added = added;
        this.modules = modules;
    }

    /// The layers of packed codes in a file; none in most.
    ///
    /// @param config of the model, whose `quantization_config` tells the method
    /// @throws CheckpointException if codes are not of four bits
    static PackedInt4 of(WeightFile file, Map<String, Object> config, Arena arena) {
        Set<String> modules = new LinkedHashSet<>();
        for (String name : file.names()) {
            if (name.endsWith(CODES)) modules.add(name.substring(0, name.length() - CODES.length()));
        }
        Map<?, ?> how = config.get("quantization_config") instanceof Map<?, ?> q ? q : Map.of();
        boolean isAwq = "awq".equals(how.get("quant_method"));
        Object bits = how.get("bits");
        if (!modules.isEmpty() && !Integer.valueOf(4).equals(bits)) {
            throw new CheckpointException(
                    file.path(),
                    "quantization_config.bits is %s, expected 4 (%s.qweight)"
                            .formatted(
                                    Shown.of(String.valueOf(bits)),
                                    modules.iterator().next()));
        }
        boolean asTheyAre = isAwq || "gptq_v2".equals(how.get("checkpoint_format"));
        return new PackedInt4(file, arena, isAwq, asTheyAre ? 0 : 1, modules);
    }

    @Override
    public void rename(Map<String, StoredName> names) {
        Map<String, StoredName> renamed = new LinkedHashMap<>();
        names.forEach((name, stored) -> {
            int dot = name.lastIndexOf('.');
            String module = dot < 0 ? "" : name.substring(0, dot);
            String part = name.substring(dot + 1);
            if (!modules.contains(module)) renamed.put(name, stored);
            else if (part.equals("qweight")) renamed.put(module + ".weight", stored);
            else if (!Set.of("qzeros", "scales", "g_idx").contains(part)) renamed.put(name, stored);
        });
        names.clear();
        names.putAll(renamed);
    }

    @Override
    public boolean has(String stored) {
        return stored.endsWith(CODES) && modules.contains(module(stored));
    }

    private static String module(String stored) {
        return stored.substring(0, stored.length() - CODES.length());
    }

    @Override
    public long values(TensorInfo t) {
        return 8 * t.values();
    }

    @Override
    public Tensor tensor(String stored) {
        return made.computeIfAbsent(stored, s -> new Layer(module(s)).tensor());
    }

    /// One layer, with its parts checked.
    private final class Layer {

        private final String module;
        private final int in;
        private final int out;
        private final int groups;
        private final MemorySegment codes;
        private final MemorySegment zeros;
        private final MemorySegment scales;
        private final int[] groupOf;

        private Layer(String module) {
            this.module = module;
            Tensor q = part("qweight", DType.I32, 2);
            this.in = Math.multiplyExact(q.shape().dim(0), isAwq ? 1 : 8);
            this.out = Math.multiplyExact(q.shape().dim(1), isAwq ? 8 : 1);
            Tensor s = part("scales", DType.F16, 2);
            this.groups = s.shape().dim(0);
            require("scales", s, Shape.of(groups, out));
            Tensor z = part("qzeros", DType.I32, 2);
            require("qzeros", z, Shape.of(groups, out / 8));
            if (groups < 1 || out % 8 != 0 || in % BLOCK != 0) {
                throw fault(
                        "qweight",
                        "[%d inputs, %d outputs] in %d groups, expected inputs in blocks of 32 and outputs of 8"
                                .formatted(in, out, groups));
            }
            this.codes = q.data();
            this.zeros = z.data();
            this.scales = s.data();
            this.groupOf = groupOf();
        }

        private Tensor part(String part, DType type, int rank) {
            String name = module + "." + part;
            if (!file.names().contains(name)) throw fault("qweight", "there is no " + name);
            Tensor t = file.tensor(name);
            if (t.dtype() != type || t.shape().rank() != rank) {
                throw fault(part, "is %s, expected %s of %d axes".formatted(t, type, rank));
            }
            return t;
        }

        private void require(String part, Tensor t, Shape expected) {
            if (!t.shape().equals(expected)) {
                throw fault(part, "is %s, expected %s (%d inputs, %d outputs)".formatted(t.shape(), expected, in, out));
            }
        }

        private CheckpointException fault(String part, String what) {
            return new CheckpointException(file.path(), "tensor %s.%s: %s".formatted(module, part, what));
        }

        private int[] groupOf() {
            if (isAwq || !file.names().contains(module + ".g_idx")) {
                if (in % groups != 0)
                    throw fault("scales", "%d groups of %d inputs, expected a divisor".formatted(groups, in));
                return IntStream.range(0, in).map(i -> i / (in / groups)).toArray();
            }
            Tensor given = part("g_idx", DType.I32, 1);
            require("g_idx", given, Shape.of(in));
            int[] of = given.data().toArray(I32);
            for (int g : of) {
                if (g < 0 || g >= groups) throw fault("g_idx", "has %d, expected 0 to %d".formatted(g, groups - 1));
            }
            return of;
        }

        private Tensor tensor() {
            return hasWholeBlocks() ? blocks() : halves();
        }

        /// Whether every 32 inputs side by side are of one group.
        private boolean hasWholeBlocks() {
            return IntStream.range(0, in).allMatch(i -> groupOf[i] == groupOf[i / BLOCK * BLOCK]);
        }

        private Tensor blocks() {
            Shape shape = Shape.of(out, in);
            MemorySegment to = arena.allocate(DType.GPTQ4.bytes(shape.size()), Tensor.ALIGNMENT);
            long rowBytes = (long) in / BLOCK * BLOCK_BYTES;
            IntStream.range(0, out).parallel().forEach(o -> {
                for (int i = 0; i < in; i += BLOCK) {
                    long at = o * rowBytes + (long) i / BLOCK * BLOCK_BYTES;
                    to.set(F16, at, scale(groupOf[i], o));
                    to.set(F16, at + 2, (short) zero(groupOf[i], o));
                    for (int j = 0; j < BLOCK / 2; j++) {
                        int both = code(i + j, o) | (code(i + j + BLOCK / 2, o) << 4);
                        to.set(ValueLayout.JAVA_BYTE, at + 4 + j, (byte) both);
                    }
                }
            });
            return new Tensor(to, DType.GPTQ4, shape);
        }

        private Tensor halves() {
            Shape shape = Shape.of(out, in);
            MemorySegment to = arena.allocate(2L * shape.size(), Tensor.ALIGNMENT);
            IntStream.range(0, out).parallel().forEach(o -> {
                for (int i = 0; i < in; i++) {
                    int g = groupOf[i];
                    float x = Float.float16ToFloat(scale(g, o)) * (code(i, o) - zero(g, o));
                    to.set(F16, 2 * ((long) o * in + i), Float.floatToFloat16(x));
                }
            });
            return new Tensor(to, DType.F16, shape);
        }

        private short scale(int group, int o) {
            return scales.get(F16, 2 * ((long) group * out + o));
        }

        private int zero(int group, int o) {
            return (columnNibble(zeros, group, o) + added) & 15;
        }

        private int code(int i, int o) {
            if (isAwq) return columnNibble(codes, i, o);
            return (codes.get(I32, 4 * ((long) (i / 8) * out + o)) >>> (4 * (i % 8))) & 15;
        }

        /// Of eight outputs packed side by side.
        private int columnNibble(MemorySegment from, int row, int o) {
            int place = (isAwq ? AWQ : PLAIN)[o % 8];
            return (from.get(I32, 4 * ((long) row * (out / 8) + o / 8)) >>> (4 * place)) & 15;
        }
    }
}
