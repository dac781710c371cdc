package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Files made to hurt: each is refused at the header, with the whole message.
class SafetensorsHeaderTest {

    @TempDir
    Path folder;

    private static String entry(String name, String dtype, String shape, String offsets) {
        return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}".formatted(name, dtype, shape, offsets);
    }

    static Stream<Arguments> hostile() {
        String good = entry("a", "F32", "[2]", "[0,8]");
        return Stream.of(
                hostile("{}", 3, "3 bytes of values, expected 0, the end of the header"),
                hostile("[]", 0, "header does not start with {"),
                hostile("", 0, "header does not start with {"),
                hostile("{\"a\":3}", 0, "tensor a: is not an object"),
                hostile("{" + good + "}", 7, "tensor a: data_offsets are [0, 8], expected a range within 7 bytes"),
                hostile("{" + good + "}", 9, "9 bytes of values, expected 8, the end of a"),
                hostile(
                        "{" + good + "," + entry("b", "F32", "[1]", "[4,8]") + "}",
                        8,
                        "tensor b: overlaps: starts at 4, expected 8, the end of a"),
                hostile(
                        "{" + good + "," + entry("b", "F32", "[1]", "[12,16]") + "}",
                        16,
                        "tensor b: leaves a gap: starts at 12, expected 8, the end of a"),
                hostile(
                        "{" + entry("a", "F32", "[1]", "[4,8]") + "}",
                        8,
                        "tensor a: leaves a gap: starts at 4, expected 0, the end of the header"),
                hostile(
                        "{" + entry("a", "F32", "[3]", "[0,8]") + "}",
                        8,
                        "tensor a: data_offsets span 8 bytes, expected 12 for F32[3]"),
                hostile(
                        "{" + entry("a", "F32", "[1073741824,1073741824]", "[0,8]") + "}",
                        8,
                        "tensor a: shape is [1073741824, 1073741824], expected at most 2^56 values"),
                hostile(
                        "{" + entry("a", "F32", "[4294967296,4294967296,4]", "[0,0]") + "}",
                        0,
                        "tensor a: shape is [4294967296, 4294967296, 4], expected at most 2^56 values"),
                hostile(
                        "{" + entry("a", "F32", "[-1,-2]", "[0,8]") + "}",
                        8,
                        "tensor a: shape is [-1, -2], expected no negative extent"),
                hostile(
                        "{" + entry("a", "F32", "[1.5]", "[0,8]") + "}",
                        8,
                        "tensor a: shape is [1.5], expected whole numbers"),
                hostile(
                        "{" + entry("a", "F32", "[99999999999999999999]", "[0,8]") + "}",
                        8,
                        "tensor a: shape is [99999999999999999999], expected whole numbers"),
                hostile(
                        "{" + entry("a", "F32", "[2]", "[8,0]") + "}",
                        8,
                        "tensor a: data_offsets are [8, 0], expected a range within 8 bytes"),
                hostile(
                        "{" + entry("a", "F32", "[2]", "[-8,0]") + "}",
                        8,
                        "tensor a: data_offsets are [-8, 0], expected a range within 8 bytes"),
                hostile("{" + entry("a", "F32", "[2]", "[0]") + "}", 8, "tensor a: data_offsets are [0], expected two"),
                hostile("{" + entry("a", "F32", "2", "[0,8]") + "}", 8, "tensor a: shape is not a list"),
                hostile(
                        "{" + entry("a", "F33", "[2]", "[0,8]") + "}",
                        8,
                        "tensor a: dtype is F33, expected one of the format's"),
                hostile(
                        "{" + entry("a", "F4", "[3]", "[0,2]") + "}",
                        2,
                        "tensor a: data_offsets span 2 bytes, expected 12 bits for F4[3]"),
                hostile(
                        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}",
                        8,
                        "tensor a: keys are [dtype, shape], expected dtype, shape and data_offsets"),
                hostile("{\"__metadata__\":7}", 0, "__metadata__ is not an object of texts"),
                hostile("{\"__metadata__\":{\"k\":7}}", 0, "__metadata__: k is not a text"),
                hostile(
                        "{" + good + "," + good + "}",
                        8,
                        "header: line 1, column 58: Duplicate Object property \"a\""));
    }

    private static Arguments hostile(String header, int values, String message) {
        return Arguments.of(header, values, message);
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void a_header_that_lies_is_refused(String header, int values, String message) {
        Path file = Bytes.safetensors(header, values).to(folder.resolve("a.safetensors"));
        assertRefused(file, message);
    }

    private static void assertRefused(Path file, String message) {
        try (Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> Safetensors.open(file, arena))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage(file + ": " + message);
        }
    }

    @Test
    void a_header_length_that_lies_is_refused() {
        Path file = folder.resolve("a.safetensors");
        assertRefused(new Bytes().i32(1).to(file), "4 bytes, expected at least 8");
        assertRefused(new Bytes().i64(3).text("{}").to(file), "header length is 3, but only 2 bytes follow it");
        assertRefused(
                new Bytes().i64(-1).text("{}").to(file),
                "header length is 18446744073709551615, expected at most 100000000");
        assertRefused(
                new Bytes().i64(100_000_001).text("{}").to(file),
                "header length is 100000001, expected at most 100000000");
    }

    @Test
    void every_cut_of_a_good_file_is_refused() {
        byte[] good = Bytes.safetensors("{" + entry("a", "F32", "[2]", "[0,8]") + "}  ", 8)
                .array();
        try (Arena arena = Arena.ofConfined()) {
            Path whole = Bytes.write(folder.resolve("whole.safetensors"), good);
            assertThat(Safetensors.open(whole, arena).names()).containsExactly("a");
            for (int n = 0; n < good.length; n++) {
                byte[] cut = Arrays.copyOf(good, n);
                Path file = Bytes.write(folder.resolve("cut" + n + ".safetensors"), cut);
                assertThatThrownBy(() -> Safetensors.open(file, arena)).isInstanceOf(CheckpointException.class);
            }
        }
    }

    @Test
    void an_empty_tensor_may_stand_anywhere() {
        String header = "{" + entry("a", "F32", "[2]", "[0,8]") + "," + entry("b", "F32", "[0]", "[0,0]") + ","
                + entry("c", "F32", "[4611686018427387904,0]", "[8,8]") + "}";
        Path file = Bytes.safetensors(header, 8).to(folder.resolve("a.safetensors"));
        try (Arena arena = Arena.ofConfined()) {
            assertThat(Safetensors.open(file, arena).parameters()).isEqualTo(2);
        }
    }

    @Test
    void nesting_without_end_is_refused() {
        String header = "{\"a\":" + "[".repeat(200) + "]".repeat(200) + "}";
        Path file = new Bytes()
                .i64(header.length())
                .raw(header.getBytes(StandardCharsets.UTF_8))
                .to(folder.resolve("a.safetensors"));
        try (Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> Safetensors.open(file, arena))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage(file + ": header: Document nesting depth (101) exceeds the maximum allowed (100)");
        }
    }
}
