package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufTest {

    private final Arena arena = Arena.ofConfined();

    @TempDir
    Path folder;

    @AfterEach
    void unmap() {
        arena.close();
    }

    private Gguf open(GgufBytes bytes) {
        return Gguf.open(bytes.to(folder.resolve("a.gguf")), arena);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void every_kind_of_value_is_read_in_every_version(int version) {
        GgufBytes bytes = new GgufBytes(version, 64);
        Gguf file = open(bytes.pair("u8", 0, b -> b.raw((byte) 200))
                .pair("i8", 1, b -> b.raw((byte) -3))
                .pair("u16", 2, b -> b.raw((byte) 0xff, (byte) 0xff))
                .pair("i16", 3, b -> b.raw((byte) 0xfe, (byte) 0xff))
                .u32("u32", -1)
                .pair("i32", 5, b -> b.i32(-7))
                .f32("f32", 1.5f)
                .pair("bool", 7, b -> b.raw((byte) 1))
                .text("text", "Grüße")
                .pair("u64", 10, b -> b.i64(1L << 40))
                .pair("i64", 11, b -> b.i64(-5))
                .pair("f64", 12, b -> b.i64(Double.doubleToLongBits(0.1)))
                .list("texts", 8, 2, b -> {
                    bytes.string(b, "a");
                    bytes.string(b, "");
                })
                .list("i32s", 5, 2, b -> b.i32(1, -2))
                .list("u32s", 4, 1, b -> b.i32(-1))
                .list("bytes", 0, 2, b -> b.raw((byte) 1, (byte) 255))
                .list("f32s", 6, 2, b -> b.f32(0.5f, -0.5f))
                .list("bools", 7, 2, b -> b.raw((byte) 1, (byte) 0))
                .list("i64s", 11, 1, b -> b.i64(-9))
                .list("lists", 9, 1, b -> {
                    b.i32(5);
                    bytes.count(b, 1);
                    b.i32(4);
                })
                .u32("general.alignment", 64)
                .tensor("w", new float[] {1, 2, 3, 4, 5, 6}, 3, 2));
        assertThat(file.format()).isEqualTo("gguf v" + version);
        assertThat(file.metadata())
                .containsEntry("u8", 200)
                .containsEntry("i8", -3)
                .containsEntry("u16", 65535)
                .containsEntry("i16", -2)
                .containsEntry("u32", 4294967295L)
                .containsEntry("i32", -7)
                .containsEntry("f32", 1.5f)
                .containsEntry("bool", true)
                .containsEntry("text", "Grüße")
                .containsEntry("u64", 1L << 40)
                .containsEntry("i64", -5L)
                .containsEntry("f64", 0.1)
                .containsEntry("texts", List.of("a", ""));
        assertThat(file.metadata().get("i32s")).isEqualTo(new int[] {1, -2});
        assertThat(file.metadata().get("u32s")).isEqualTo(new long[] {4294967295L});
        assertThat(file.metadata().get("bytes")).isEqualTo(new int[] {1, 255});
        assertThat(file.metadata().get("f32s")).isEqualTo(new float[] {0.5f, -0.5f});
        assertThat(file.metadata().get("bools")).isEqualTo(new boolean[] {true, false});
        assertThat(file.metadata().get("i64s")).isEqualTo(new long[] {-9});
        assertThat((List<?>) file.metadata().get("lists")).hasSize(1).first().isEqualTo(new int[] {4});
        assertThat(file.tensors()).containsExactly(new TensorInfo("w", "F32", List.of(2L, 3L), 24));
        assertThat(file.tensor("w").shape().toArray()).containsExactly(2, 3);
        assertThat(Bytes.of(file.tensor("w")))
                .isEqualTo(new Bytes().f32(1, 2, 3, 4, 5, 6).array());
    }

    @Test
    void types_we_cannot_load_are_listed() {
        Gguf file = open(new GgufBytes(3, 32).tensor("w", 19, new byte[100], 256, 2));
        assertThat(file.tensors()).containsExactly(new TensorInfo("w", "IQ1_S", List.of(2L, 256L), 100));
        assertThatThrownBy(() -> file.tensor("w"))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(file.path()
                        + ": tensor w: type is IQ1_S, expected one of F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K,"
                        + " Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, BF16, MXFP4");
        assertThatThrownBy(() -> file.tensor("v")).hasMessage(file.path() + ": no tensor v");
    }

    static Stream<Arguments> hostile() {
        byte[] row = new byte[32];
        return Stream.of(
                Arguments.of(
                        v3().info("w", 0, 0, 8, 2).tensor("v", 0, row, 8),
                        "tensor w: 64 bytes at offset 0, but only 32 bytes of values are there"),
                Arguments.of(
                        v3().info("w", 0, -32, 8).tensor("v", 0, row, 8),
                        "tensor w: 32 bytes at offset 18446744073709551584, but only 32 bytes of values are there"),
                Arguments.of(
                        v3().info("w", 0, Long.MAX_VALUE - 31, 8).tensor("v", 0, row, 8),
                        "tensor w: 32 bytes at offset 9223372036854775776, but only 32 bytes of values are there"),
                Arguments.of(
                        v3().info("w", 0, 4, 1).tensor("v", 0, row, 8),
                        "tensor w: offset is 4, expected a multiple of 32"),
                Arguments.of(v3().info("w", 0, 0, 8).tensor("v", 0, row, 8), "tensor v: overlaps tensor w"),
                Arguments.of(v3().tensor("v", 0, row, 8).tensor("v", 0, row, 8), "tensor v: the name comes twice"),
                Arguments.of(
                        v3().info("w", 0, 0, 1L << 30, 1L << 30),
                        "tensor w: shape is [1073741824, 1073741824], expected at most 2^56 values"),
                Arguments.of(v3().info("w", 0, 0, -1, -8), "tensor w: shape is [-8, -1], expected no negative extent"),
                Arguments.of(v3().info("w", 0, 0, 1, 1, 1, 1, 1), "tensor w: 5 axes, expected at most 4"),
                Arguments.of(v3().info("w", 4, 0, 8), "tensor w: type is number 4, which we do not know"),
                Arguments.of(
                        v3().info("w", 8, 0, 33, 2),
                        "tensor w: shape is [2, 33], expected rows that are a multiple of 32 for Q8_0"),
                Arguments.of(
                        v3().u32("general.alignment", 48),
                        "general.alignment is 48, expected a power of two up to 65536"),
                Arguments.of(
                        v3().u32("general.alignment", 0),
                        "general.alignment is 0, expected a power of two up to 65536"),
                Arguments.of(v3().u32("k", 1).u32("k", 2), "k: the key comes twice"),
                Arguments.of(v3().pair("k", 13, b -> {}), "k: value type is 13, expected 0 to 12"),
                Arguments.of(v3().list("k", 13, 0, b -> {}), "k: value type is 13, expected 0 to 12"),
                Arguments.of(
                        v3().list("k", 5, 1L << 60, b -> {}),
                        "k: count is 1152921504606846976, more than the 15 bytes left can hold"),
                Arguments.of(
                        v3().list("k", 8, -1, b -> {}),
                        "k: count is 18446744073709551615, more than the 15 bytes left can hold"),
                Arguments.of(
                        v3().pair("k", 8, b -> b.i64(1000)), "k: count is 1000, more than the 19 bytes left can hold"),
                Arguments.of(
                        v3().pair("k", 8, b -> b.i64(2).raw((byte) 0xc3, (byte) 0x28)),
                        "k: text at offset 45 is not UTF-8"),
                Arguments.of(v3().list("k", 9, 1, GgufTest::nest), "k: lists nest more than 4 deep"));
    }

    private static GgufBytes v3() {
        return new GgufBytes(3, 32);
    }

    private static void nest(Bytes b) {
        for (int i = 0; i < 10; i++) b.i32(9).i64(1);
        b.i32(5).i64(0).zeros(100);
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void a_file_that_lies_is_refused(GgufBytes bytes, String message) {
        Path file = bytes.to(folder.resolve("a.gguf"));
        assertThatThrownBy(() -> Gguf.open(file, arena))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(file + ": " + message);
    }

    @Test
    void a_front_that_lies_is_refused() {
        Path file = folder.resolve("a.gguf");
        assertRefused(new Bytes().text("GGU").to(file), "does not start with GGUF");
        assertRefused(new Bytes().text("GGML").i32(3).to(file), "does not start with GGUF");
        assertRefused(new Bytes().text("GGUF").to(file), "version: 4 bytes at offset 4, but the file ends at 4");
        assertRefused(new Bytes().text("GGUF").i32(4).to(file), "version is 4, expected 1, 2 or 3");
        assertRefused(new Bytes().text("GGUF").i32(3 << 24).to(file), "is big-endian, expected little-endian");
        assertRefused(
                new Bytes().text("GGUF").i32(3).i64(1L << 60, 0).to(file),
                "tensors: count is 1152921504606846976, more than the 8 bytes left can hold");
        assertRefused(
                new Bytes().text("GGUF").i32(3).i64(0, -1).to(file),
                "metadata: count is 18446744073709551615, more than the 0 bytes left can hold");
    }

    private void assertRefused(Path file, String message) {
        assertThatThrownBy(() -> Gguf.open(file, arena))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(file + ": " + message);
    }

    @Test
    void a_list_longer_than_we_care_to_hold_is_refused() throws IOException {
        Path file = new GgufBytes(3, 32).list("k", 0, 0, b -> {}).to(folder.resolve("a.gguf"));
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.seek(41);
            sparse.write(new Bytes().i64(100_000_000).array());
            sparse.setLength(200_000_000);
        }
        assertRefused(file, "k: metadata needs more than 536870912 bytes");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void every_cut_of_a_good_file_is_refused(int version) {
        GgufBytes bytes = new GgufBytes(version, 32);
        byte[] good = bytes.text("k", "v")
                .list("l", 5, 2, b -> b.i32(1, 2))
                .tensor("w", new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 8)
                .array();
        assertThat(Gguf.open(Bytes.write(folder.resolve("whole.gguf"), good), arena)
                        .names())
                .containsExactly("w");
        for (int n = 0; n < good.length; n++) {
            Path file = Bytes.write(folder.resolve("cut" + n + ".gguf"), Arrays.copyOf(good, n));
            assertThatThrownBy(() -> Gguf.open(file, arena)).isInstanceOf(CheckpointException.class);
        }
    }
}
