package dev.gradine.data.token;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A byte-level tokenizer without merges: one token per byte, then the marks of ChatML. For tests that need no model.
public final class ByteTokenizer {
    private ByteTokenizer() {}

    /// Ids 0 to 255 are bytes in GPT-2's order, 256 to 259 are marks; EOS is `<|im_end|>`.
    public static Tokenizer chatMl() {
        return chatMl("gpt-2");
    }

    /// The same with another way to cut words, by its GGUF name.
    static Tokenizer chatMl(String pre) {
        List<String> tokens = new ArrayList<>();
        List<Integer> types = new ArrayList<>();
        int extra = 256;
        for (int b = 0; b < 256; b++) {
            boolean visible = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
            tokens.add(Character.toString(visible ? b : extra++));
            types.add(1);
        }
        for (String mark : List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|pad|>")) {
            tokens.add(mark);
            types.add(3);
        }
        return GgufTokenizer.of(
                "bytes",
                Map.of(
                        "tokenizer.ggml.model",
                        "gpt2",
                        "tokenizer.ggml.pre",
                        pre,
                        "tokenizer.ggml.tokens",
                        tokens,
                        "tokenizer.ggml.token_type",
                        types,
                        "tokenizer.ggml.merges",
                        List.of(),
                        "tokenizer.ggml.bos_token_id",
                        256,
                        "tokenizer.ggml.eos_token_id",
                        258,
                        "tokenizer.ggml.padding_token_id",
                        259));
    }
}
