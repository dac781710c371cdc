package dev.gradine.data.token;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The metadata of a GGUF file, for tests of tokenizers alone.
final class GgufReader {
    private final ByteBuffer in;

    private GgufReader(ByteBuffer in) {
        this.in = in;
    }

    static Map<String, Object> read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            long bytes = Math.min(channel.size(), 1 << 26);
            var in = channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes).order(ByteOrder.LITTLE_ENDIAN);
            in.position(16);
            var reader = new GgufReader(in);
            long count = in.getLong();
            Map<String, Object> out = new HashMap<>();
            for (long i = 0; i < count; i++) out.put(reader.string(), reader.value(in.getInt()));
            return out;
        }
    }

    private String string() {
        byte[] bytes = new byte[Math.toIntExact(in.getLong())];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private Object value(int type) {
        return switch (type) {
            case 0, 1 -> (int) in.get();
            case 2, 3 -> (int) in.getShort();
            case 4, 5 -> in.getInt();
            case 6 -> in.getFloat();
            case 7 -> in.get() != 0;
            case 8 -> string();
            case 9 -> array();
            case 10, 11 -> in.getLong();
            default -> in.getDouble();
        };
    }

    private List<Object> array() {
        int type = in.getInt();
        long count = in.getLong();
        List<Object> out = new ArrayList<>();
        for (long i = 0; i < count; i++) out.add(value(type));
        return out;
    }
}
