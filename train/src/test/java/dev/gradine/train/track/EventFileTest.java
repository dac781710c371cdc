package dev.gradine.train.track;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Oracle: bytes that TensorBoard's own loader has read back.
class EventFileTest {

    @TempDir
    private Path temp = Path.of("");

    private static String hex(EventFile.Message event) {
        return HexFormat.of().formatHex(EventFile.record(event));
    }

    @Test
    void records_have_the_bytes_that_tensorboard_reads() {
        assertThat(hex(new EventFile.Event(1).text(3, "brain.Event:2")))
                .isEqualTo("1800000000000000a37f4b2209000000000000f03f1a0d627261696e2e4576656e743a3286bf577a");
        var loss = new EventFile.Message().text(1, "loss").float32(2, 1.5f);
        assertThat(hex(new EventFile.Event(2).varint(2, 3).bytes(5, new EventFile.Message().bytes(1, loss))))
                .isEqualTo("1a00000000000000129bd82d09000000000000004010032a0d0a0b0a046c6f7373150000c03f22bc952a");
    }

    @Test
    void numbers_of_more_than_seven_bits_go_on_in_the_next_byte() {
        assertThat(new EventFile.Message().varint(2, 300).bytes()).containsExactly(0x10, 0xac, 0x02);
    }

    /// Payloads of the one event file in the folder.
    private List<byte[]> events() throws IOException {
        List<byte[]> all = new ArrayList<>();
        try (var files = Files.newDirectoryStream(temp, "events.out.tfevents.*")) {
            for (Path file : files) {
                ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
                while (bytes.hasRemaining()) {
                    byte[] payload = new byte[(int) bytes.getLong()];
                    bytes.getInt();
                    bytes.get(payload);
                    bytes.getInt();
                    all.add(payload);
                }
            }
        }
        return all;
    }

    @Test
    void every_metric_of_a_step_stands_in_one_event() throws IOException {
        Map<String, Double> metrics = new LinkedHashMap<>(Map.of("loss", 1.5));
        metrics.put("eval_loss", 2.5);
        EventFile file = new EventFile(temp, 0, _ -> {});
        file.write(7, metrics);
        file.end(Tracker.Status.FINISHED);
        assertThat(events()).hasSize(2);
        assertThat(new String(events().get(0), StandardCharsets.UTF_8)).endsWith("brain.Event:2");
        assertThat(events().get(1)[10]).isEqualTo((byte) 7);
        assertThat(new String(events().get(1), StandardCharsets.UTF_8))
                .contains("loss")
                .contains("eval_loss");
    }

    /// Field 7 is the session's log, whose status 1 is START.
    @Test
    void a_run_that_goes_on_voids_what_was_written_after_its_checkpoint() throws IOException {
        new EventFile(temp, 40, _ -> {}).end(Tracker.Status.FINISHED);
        byte[] start = events().get(1);
        assertThat(start).hasSize(9 + 2 + 4);
        assertThat(new byte[] {start[9], start[10], start[11], start[12], start[13], start[14]})
                .containsExactly(0x10, 41, 0x3a, 2, 0x08, 1);
    }
}
