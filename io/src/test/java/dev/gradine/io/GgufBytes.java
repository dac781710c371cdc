package dev.gradine.io;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// A GGUF file by hand, of any version, with lies where a test wants them.
final class GgufBytes {

    /// The architecture of the files made here.
    static final List<GgufArchitecture> LLAMA = List.of(GgufArchitecture.of("llama", "llama")
            .withInterleavedRows()
            .meaning("architectures", List.of("LlamaForCausalLM"))
            .meaning("hidden_act", "silu"));

    static final int F32 = 0;
    static final int Q8_0 = 8;

    private final int version;
    private final int alignment;
    private final List<Consumer<Bytes>> pairs = new ArrayList<>();
    private final List<Consumer<Bytes>> infos = new ArrayList<>();
    private final List<byte[]> values = new ArrayList<>();
    private long offset;

    GgufBytes(int version, int alignment) {
        this.version = version;
        this.alignment = alignment;
    }

    /// A version 3 file of a Llama with the sizes that `CheckpointTest` uses.
    static GgufBytes llama(int version) {
        return new GgufBytes(version, 32)
                .text("general.architecture", "llama")
                .u32("llama.context_length", 16)
                .u32("llama.embedding_length", 8)
                .u32("llama.block_count", 1)
                .u32("llama.feed_forward_length", 6)
                .u32("llama.attention.head_count", 2)
                .u32("llama.attention.head_count_kv", 1)
                .f32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                .u32("tokenizer.ggml.bos_token_id", 1)
                .u32("tokenizer.ggml.eos_token_id", 2);
    }

    /// A count: 32 bits in version 1, 64 later.
    void count(Bytes to, long n) {
        if (version == 1) to.i32((int) n);
        else to.i64(n);
    }

    void string(Bytes to, String s) {
        byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
        count(to, utf8.length);
        to.raw(utf8);
    }

    GgufBytes pair(String key, int type, Consumer<Bytes> value) {
        pairs.add(b -> {
            string(b, key);
            value.accept(b.i32(type));
        });
        return this;
    }

    GgufBytes u32(String key, int value) {
        return pair(key, 4, b -> b.i32(value));
    }

    GgufBytes f32(String key, float value) {
        return pair(key, 6, b -> b.f32(value));
    }

    GgufBytes text(String key, String value) {
        return pair(key, 8, b -> string(b, value));
    }

    GgufBytes list(String key, int type, long n, Consumer<Bytes> items) {
        return pair(key, 9, b -> {
            b.i32(type);
            count(b, n);
            items.accept(b);
        });
    }

    /// A tensor where it belongs.
    GgufBytes tensor(String name, int type, byte[] bytes, long... dimsInnermostFirst) {
        info(name, type, offset, dimsInnermostFirst);
        values.add(bytes);
        offset = Math.ceilDiv(offset + bytes.length, alignment) * (long) alignment;
        return this;
    }

    /// An f32 tensor where it belongs.
    GgufBytes tensor(String name, float[] v, long... dimsInnermostFirst) {
        return tensor(name, F32, new Bytes().f32(v).array(), dimsInnermostFirst);
    }

    /// A tensor said to be anywhere.
    GgufBytes info(String name, int type, long at, long... dims) {
        infos.add(b -> {
            string(b, name);
            b.i32(dims.length);
            for (long d : dims) count(b, d);
            b.i32(type).i64(at);
        });
        return this;
    }

    byte[] array() {
        Bytes b = new Bytes().text("GGUF").i32(version);
        count(b, infos.size());
        count(b, pairs.size());
        pairs.forEach(p -> p.accept(b));
        infos.forEach(i -> i.accept(b));
        b.align(alignment);
        for (byte[] v : values) b.raw(v).align(alignment);
        return b.array();
    }

    Path to(Path file) {
        return Bytes.write(file, array());
    }
}
