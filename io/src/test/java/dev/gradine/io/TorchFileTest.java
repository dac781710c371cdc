package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.testkit.Golden;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TorchFileTest {

    @TempDir
    private Path folder;

    /// Written by PyTorch 2.15 with the same tensors in safetensors beside it: floats of three types, integers, a
    /// parameter, views into one storage, a number alone.
    @Test
    void every_tensor_is_the_one_that_torch_saved() {
        try (Arena arena = Arena.ofConfined()) {
            Safetensors expected = Safetensors.open(Golden.golden("torch/expected.safetensors"), arena);
            TorchFile file = TorchFile.open(Golden.golden("torch/model.bin"), arena);
            assertThat(file.names()).containsExactlyInAnyOrderElementsOf(expected.names());
            for (String name : file.names()) {
                assertThat(file.tensor(name).isSameAs(expected.tensor(name)))
                        .as(name)
                        .isTrue();
            }
            assertThat(file.tensors()).containsExactlyInAnyOrderElementsOf(expected.tensors());
        }
    }

    @Test
    void what_a_pickle_would_call_is_named_and_not_called() throws IOException {
        assertRefused(
                "cos\nsystem\n(X\4\0\0\0exittR.",
                "data.pkl calls os.system, expected tensors alone; nothing was run (byte 23)");
        assertRefused(
                "\u0080\2cbuiltins\neval\n)R.",
                "data.pkl calls builtins.eval, expected tensors alone; nothing was run (byte 19)");
        assertRefused("i__main__\nX\n.", "data.pkl has instruction 0x69, which tables of tensors do not need (byte 1)");
        assertRefused(
                "}X\1\0\0\0aK\7s.", "a is no tensor, expected a table of tensors alone, as state_dict() gives it");
        assertRefused("h\7.", "data.pkl recalls place 7, where nothing is (byte 2)");
        assertRefused("X\u00ff\u00ff\u00ff\u007fa.", "data.pkl has a text of 2147483647 bytes (byte 5)");
        assertRefused("(", "data.pkl is damaged (byte 1)");
        assertRefused("t.", "data.pkl is damaged (byte 1)");
        assertRefused("K\1.", "holds no table of tensors");
    }

    @Test
    void a_tensor_lies_within_its_storage_row_after_row() throws IOException {
        assertRefused(tensor("K\0", "K\3", "K\1"), "tensor a: 3 values from 0 on, but only 2 are there");
        assertRefused(tensor("K\1", "K\2", "K\1"), "tensor a: 2 values from 1 on, but only 2 are there");
        assertRefused(
                tensor("J\u00ff\u00ff\u00ff\u00ff", "K\2", "K\1"),
                "tensor a: 2 values from -1 on, but only 2 are there");
        assertRefused(
                tensor("K\0", "K\2", "K\0"),
                "tensor a: has strides [0] for [2], expected row after row; save it again after .contiguous()");
    }

    /// A map of one tensor over `data/0`.
    private static String tensor(String offset, String size, String stride) {
        return "}X\1\0\0\0actorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0000"
                + "X\3\0\0\0cpuK\2tQ" + offset + size + "\u0085" + stride + "\u0085\u0089}tRs.";
    }

    private void assertRefused(String program, String message) throws IOException {
        Path file = folder.resolve("pytorch_model.bin");
        Files.write(file, zip(program.getBytes(StandardCharsets.ISO_8859_1)));
        try (Arena arena = Arena.ofConfined()) {
            assertThatThrownBy(() -> TorchFile.open(file, arena))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage(file + ": " + message);
        }
    }

    private static byte[] zip(byte[] program) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(bytes)) {
            store(out, "archive/data.pkl", program);
            store(out, "archive/data/0", new byte[8]);
        }
        return bytes.toByteArray();
    }

    private static void store(ZipOutputStream out, String name, byte[] bytes) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(bytes.length);
        CRC32 crc = new CRC32();
        crc.update(bytes);
        entry.setCrc(crc.getValue());
        out.putNextEntry(entry);
        out.write(bytes);
    }

    @Test
    void a_damaged_file_is_refused_or_read_within_its_bounds() throws IOException {
        byte[] whole = Files.readAllBytes(Golden.golden("torch/model.bin"));
        Path file = folder.resolve("pytorch_model.bin");
        Random random = new Random(3);
        for (int i = 0; i < 400; i++) {
            byte[] damaged = whole.clone();
            for (int n = random.nextInt(1, 4); n > 0; n--)
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            Files.write(file, i % 4 == 0 ? Arrays.copyOf(damaged, random.nextInt(damaged.length)) : damaged);
            try (Arena arena = Arena.ofConfined()) {
                TorchFile read = TorchFile.open(file, arena);
                for (String name : read.names())
                    assertThat(read.tensor(name).data().byteSize()).isNotNegative();
            } catch (CheckpointException e) {
                assertThat(e).hasMessageStartingWith(file.toString());
            }
        }
    }
}
