package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {

    private static final List<DType> PLAIN =
            List.of(DType.F32, DType.F16, DType.BF16, DType.I64, DType.I32, DType.I8, DType.U8);

    private final Arena arena = Arena.ofConfined();

    @TempDir
    Path folder;

    @AfterEach
    void unmap() {
        arena.close();
    }

    private Tensor random(DType dtype, int... dims) {
        Tensor t = Tensor.zeros(arena, dtype, Shape.of(dims));
        byte[] bytes = new byte[(int) t.data().byteSize()];
        new Random(1).nextBytes(bytes);
        t.data().copyFrom(MemorySegment.ofArray(bytes));
        return t;
    }

    @Test
    void what_is_written_is_read_back_bit_for_bit() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (DType d : PLAIN) {
            tensors.put(d + ".matrix", random(d, 3, 5));
            tensors.put(d + ".scalar", random(d));
            tensors.put(d + ".empty", random(d, 0, 7));
            tensors.put(d + ".four", random(d, 2, 1, 3, 2));
        }
        Path file = folder.resolve("a.safetensors");
        Safetensors.write(file, tensors);
        Safetensors read = Safetensors.open(file, arena);
        assertThat(read.names()).containsExactlyInAnyOrderElementsOf(tensors.keySet());
        tensors.forEach((name, t) -> {
            assertThat(read.tensor(name).toString()).as(name).isEqualTo(t.toString());
            assertThat(Bytes.of(read.tensor(name))).as(name).isEqualTo(Bytes.of(t));
        });
        assertThat(read.metadata()).isEqualTo(Map.of("format", "pt"));
        assertThat(read.parameters()).isEqualTo(7 * (15 + 1 + 12));
        assertThat(Bytes.content(folder)).containsExactly("a.safetensors");
    }

    @Test
    void tensors_are_laid_out_by_width_and_name_behind_a_header_padded_to_8() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("b", random(DType.U8, 3));
        tensors.put("z", random(DType.F32, 1, 2));
        tensors.put("a", random(DType.F16, 2));
        tensors.put("c", random(DType.I32));
        Path file = folder.resolve("a.safetensors");
        Safetensors.write(file, tensors);
        String header = "{\"__metadata__\":{\"format\":\"pt\"},"
                + "\"c\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[0,4]},"
                + "\"z\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[4,12]},"
                + "\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[12,16]},"
                + "\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[16,19]}}";
        byte[] all = Bytes.read(file);
        int length = (int) ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getLong();
        assertThat(length % 8).isZero();
        assertThat(new String(all, 8, length, StandardCharsets.UTF_8))
                .isEqualTo(header + " ".repeat(length - header.length()));
        assertThat(all).hasSize(8 + length + 19);
    }

    @ParameterizedTest
    @ValueSource(strings = {"peft/lora/adapter/adapter_model", "models/llama/model", "quant/expected"})
    void a_file_of_the_reference_writer_is_reproduced_to_the_byte(String name) {
        Path golden = Golden.golden(name + ".safetensors");
        Safetensors read = Safetensors.open(golden, arena);
        List<TensorSource> sources = read.names().stream()
                .map(n -> TensorSource.of(n, read.tensor(n)))
                .toList();
        Path file = folder.resolve("copy.safetensors");
        Safetensors.write(file, read.metadata(), sources);
        assertThat(Bytes.read(file)).isEqualTo(Bytes.read(golden));
    }

    @Test
    void unaligned_values_are_read() {
        String header = "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[1,5]}}";
        Path file = new Bytes()
                .i64(header.length())
                .text(header)
                .raw((byte) 9)
                .f32(1.5f)
                .to(folder.resolve("a.safetensors"));
        Tensor b = Safetensors.open(file, arena).tensor("b");
        assertThat(b.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0)).isEqualTo(1.5f);
    }

    @Test
    void types_we_cannot_load_are_listed() {
        Path file = Bytes.safetensors("{\"a.b\":{\"dtype\":\"F8_E8M0\",\"shape\":[2,3],\"data_offsets\":[0,6]}}", 6)
                .to(folder.resolve("a.safetensors"));
        Safetensors read = Safetensors.open(file, arena);
        assertThat(read.tensors()).containsExactly(new TensorInfo("a.b", "F8_E8M0", List.of(2L, 3L), 6));
        assertThatThrownBy(() -> read.tensor("a.b"))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(file + ": tensor a.b: dtype is F8_E8M0, expected F32, F16, BF16, I64, I32, I16, I8 or U8");
        assertThatThrownBy(() -> read.tensor("c")).hasMessage(file + ": no tensor c");
    }

    @Test
    void seven_axes_are_listed_and_not_loaded() {
        Path file = Bytes.safetensors("{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,2],\"data_offsets\":[0,2]}}", 2)
                .to(folder.resolve("a.safetensors"));
        Safetensors read = Safetensors.open(file, arena);
        assertThat(read.parameters()).isEqualTo(2);
        assertThatThrownBy(() -> read.tensor("a"))
                .hasMessage(file + ": tensor a: shape is [1, 1, 1, 1, 1, 1, 2], expected at most 6 axes");
    }

    @Test
    void two_to_the_31_values_are_listed_and_not_loaded() throws IOException {
        String header = "{\"a\":{\"dtype\":\"U8\",\"shape\":[2147483648],\"data_offsets\":[0,2147483648]}}";
        Path file = Bytes.safetensors(header, 0).to(folder.resolve("a.safetensors"));
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(8 + header.length() + (1L << 31));
        }
        Safetensors read = Safetensors.open(file, arena);
        assertThatThrownBy(() -> read.tensor("a"))
                .hasMessage(file + ": tensor a: shape is [2147483648], expected fewer than 2^31 values");
    }

    @Test
    void a_source_that_fails_midway_leaves_the_old_file_and_nothing_else() {
        Path file = folder.resolve("a.safetensors");
        Safetensors.write(file, Map.of("old", random(DType.F32, 2)));
        byte[] before = Bytes.read(file);
        List<TensorSource> sources = List.of(
                TensorSource.of("a", random(DType.F32, 1000)), new TensorSource("b", DType.F32, Shape.of(3), () -> {
                    throw new IllegalStateException("merge went wrong");
                }));
        assertThatThrownBy(() -> Safetensors.write(file, Safetensors.METADATA, sources))
                .hasMessage("merge went wrong");
        assertThat(Bytes.read(file)).isEqualTo(before);
        assertThat(Bytes.content(folder)).containsExactly("a.safetensors");
    }

    @Test
    void a_full_disk_is_one_line_and_leaves_nothing() {
        Path file = folder.resolve("a.safetensors");
        SafetensorsWriter writer =
                new SafetensorsWriter(file, Map.of(), List.of(TensorSource.of("a", random(DType.F32, 1000))));
        assertThatThrownBy(() -> AtomicFiles.write(file, out -> writer.writeTo(full(out, 300))))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(file + ": cannot be written: No space left on device");
        assertThat(Bytes.content(folder)).isEmpty();
    }

    /// Takes `room` bytes, a few at a time, and then fails as a full disk does.
    private static WritableByteChannel full(WritableByteChannel out, int room) {
        return new WritableByteChannel() {
            private int left = room;

            @Override
            public int write(ByteBuffer bytes) throws IOException {
                if (left == 0) throw new IOException("No space left on device");
                int n = Math.min(left, Math.min(bytes.remaining(), 7));
                out.write(bytes.slice(bytes.position(), n));
                bytes.position(bytes.position() + n);
                left -= n;
                return n;
            }

            @Override
            public boolean isOpen() {
                return out.isOpen();
            }

            @Override
            public void close() throws IOException {
                out.close();
            }
        };
    }

    @Test
    void a_channel_that_takes_a_few_bytes_at_a_time_still_gets_all() {
        Path file = folder.resolve("a.safetensors");
        Tensor t = random(DType.F32, 1000);
        SafetensorsWriter writer = new SafetensorsWriter(file, Map.of(), List.of(TensorSource.of("a", t)));
        AtomicFiles.write(file, out -> writer.writeTo(full(out, 1 << 20)));
        assertThat(Bytes.of(Safetensors.open(file, arena).tensor("a"))).isEqualTo(Bytes.of(t));
        assertThat(Safetensors.open(file, arena).metadata()).isEmpty();
    }

    @Test
    void refuses_to_write_what_the_format_cannot_say() {
        Path file = folder.resolve("a.safetensors");
        Tensor q = Tensor.zeros(arena, DType.Q8_0, Shape.of(32));
        assertThatThrownBy(() -> Safetensors.write(file, Map.of("q", q)))
                .hasMessage(file + ": tensor q: dtype is Q8_0, which safetensors does not have");
        TensorSource a = TensorSource.of("a", random(DType.F32, 2));
        assertThatThrownBy(() -> Safetensors.write(file, Map.of(), List.of(a, a)))
                .hasMessage(file + ": tensor a: the name is taken");
        TensorSource liar = new TensorSource("a", DType.F32, Shape.of(3), () -> random(DType.F32, 4));
        assertThatThrownBy(() -> Safetensors.write(file, Map.of(), List.of(liar)))
                .hasMessage(file + ": tensor a: source gave F32[4], expected F32[3]");
        assertThat(Bytes.content(folder)).isEmpty();
    }
}
