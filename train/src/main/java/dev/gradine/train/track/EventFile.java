package dev.gradine.train.track;

import dev.gradine.io.CheckpointException;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/// An event file of TensorBoard, `events.out.tfevents.SECONDS.HOST`.
///
/// ```
/// record   u64 length, u32 mask(crc32c(length)), payload, u32 mask(crc32c(payload))        little-endian
/// mask     rotate right by 15, add 0xa282ead8
/// payload  protobuf Event: 1 double wall_time, 2 varint step, 3 string file_version,
///          5 Summary {1 Value {1 string tag, 2 float simple_value}}, 7 SessionLog {1 status}
/// ```
///
/// A run that goes on begins another file, whose second record says from which step the earlier ones are void.
final class EventFile implements Tracker {

    private static final String VERSION = "brain.Event:2";
    private static final int MASK_DELTA = 0xa282ead8;
    private static final long FLUSH_NANOS = 10_000_000_000L;

    private final Path file;
    private final OutputStream out;
    private final Consumer<String> told;
    private boolean isBroken;
    private long flushed = System.nanoTime();

    EventFile(Path folder, int from, Consumer<String> told) {
        this.told = told;
        file = folder.resolve("events.out.tfevents.%d.%s".formatted(System.currentTimeMillis() / 1000, host()));
        try {
            out = new BufferedOutputStream(
                    Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
            out.write(record(new Event(now()).text(3, VERSION)));
            if (from > 0) out.write(record(new Event(now()).varint(2, from + 1L).bytes(7, new Message().varint(1, 1))));
            out.flush();
        } catch (IOException e) {
            throw CheckpointException.of(file, "cannot be written to", e);
        }
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException _) {
            return "localhost";
        }
    }

    private static double now() {
        return System.currentTimeMillis() / 1000.0;
    }

    @Override
    public void write(long step, Map<String, ? extends Number> metrics) {
        Message summary = new Message();
        metrics.forEach(
                (name, value) -> summary.bytes(1, new Message().text(1, name).float32(2, value.floatValue())));
        write(record(new Event(now()).varint(2, step).bytes(5, summary)));
    }

    private void write(byte[] bytes) {
        if (isBroken) return;
        try {
            out.write(bytes);
            if (System.nanoTime() - flushed < FLUSH_NANOS) return;
            out.flush();
            flushed = System.nanoTime();
        } catch (IOException e) {
            giveUp(e);
        }
    }

    private void giveUp(IOException e) {
        isBroken = true;
        told.accept("--tensorboard: " + file + " cannot be written to (" + e + "); the run goes on without it");
    }

    @Override
    public void end(Status status) {
        try {
            out.close();
        } catch (IOException e) {
            if (!isBroken) giveUp(e);
        }
    }

    /// A payload with its length and both checksums.
    static byte[] record(Message payload) {
        byte[] data = payload.bytes();
        byte[] length = little(8).putLong(data.length).array();
        return little(16 + data.length)
                .put(length)
                .putInt(masked(length))
                .put(data)
                .putInt(masked(data))
                .array();
    }

    private static int masked(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// A protobuf message that is being written.
    static class Message {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        private void tag(int field, int type) {
            number((long) field << 3 | type);
        }

        private void number(long value) {
            long left = value;
            for (; (left & ~0x7fL) != 0; left >>>= 7) out.write((int) ((left & 0x7f) | 0x80));
            out.write((int) left);
        }

        Message varint(int field, long value) {
            tag(field, 0);
            number(value);
            return this;
        }

        Message float64(int field, double value) {
            tag(field, 1);
            out.writeBytes(little(8).putDouble(value).array());
            return this;
        }

        Message float32(int field, float value) {
            tag(field, 5);
            out.writeBytes(little(4).putFloat(value).array());
            return this;
        }

        Message text(int field, String value) {
            return delimited(field, value.getBytes(StandardCharsets.UTF_8));
        }

        Message bytes(int field, Message value) {
            return delimited(field, value.bytes());
        }

        private Message delimited(int field, byte[] value) {
            tag(field, 2);
            number(value.length);
            out.writeBytes(value);
            return this;
        }

        byte[] bytes() {
            return out.toByteArray();
        }
    }

    /// An event at a time.
    static final class Event extends Message {
        Event(double wallTime) {
            float64(1, wallTime);
        }
    }
}
