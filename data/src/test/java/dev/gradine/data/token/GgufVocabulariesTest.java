package dev.gradine.data.token;

import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The ids of llama.cpp's 46 test texts, by vocabulary and by name of the pre-tokeniser.
///
/// A vocabulary is the file `ggml-vocab-NAME.gguf` of `../shared` or of the folder that the system property
/// `gradine.vocabularies` names, or the `tokenizer.json` in a folder NAME of either.
class GgufVocabulariesTest {
    private static final String SHARED = "assets/tokenizers/ggml-vocab/ggml-vocab-";

    private static Path texts() {
        return Golden.shared(SHARED + "gpt-2.gguf.inp");
    }

    @ParameterizedTest
    @CsvSource({
        "bert-bge, ''",
        "chameleon, ''",
        "command-r, ''",
        "deepseek-coder, ''",
        "deepseek-llm, ''",
        "deepseek-r1-qwen, npm-qwen3",
        "falcon, ''",
        "gpt-2, gpt2",
        "llama-bpe, llama3",
        "llama-spm, ''",
        "mpt, ''",
        "phi-3, ''",
        "qwen2, npm-qwen3",
        "refact, ''",
        "roberta-bpe, ''",
        "starcoder, ''"
    })
    void a_vocabulary_gives_the_references_ids(String name, String folder) throws IOException {
        Map<String, Object> metadata = vocabulary(name, folder);
        metadata.putIfAbsent("tokenizer.ggml.pre", name);
        ReferenceIds.assertThatGives(
                GgufTokenizer.of(name, metadata), texts(), Golden.shared(SHARED + name + ".gguf.out"));
    }

    private static Map<String, Object> vocabulary(String name, String folder) throws IOException {
        Path own = Path.of(System.getProperty("gradine.vocabularies", "."));
        Path shared = Golden.repository().resolveSibling("shared").resolve("assets/tokenizers");
        for (Path at : List.of(shared.resolve("ggml-vocab"), own)) {
            Path gguf = at.resolve("ggml-vocab-" + name + ".gguf");
            if (Files.exists(gguf)) return GgufReader.read(gguf);
        }
        for (Path at : List.of(shared, own)) {
            Path json = at.resolve(folder).resolve("tokenizer.json");
            if (Files.exists(json)) return metadata(json);
        }
        return Assumptions.abort("vocabulary of " + name + ": not in ../shared and not in -Dgradine.vocabularies=DIR");
    }

    /// What a converter writes for a byte-level BPE: its tokens, kinds and merges.
    private static Map<String, Object> metadata(Path file) throws IOException {
        JsonNode root = JsonMapper.shared().readTree(Files.readString(file));
        Map<Integer, String> byId = new HashMap<>();
        root.path("model")
                .path("vocab")
                .properties()
                .forEach(e -> byId.put(e.getValue().asInt(), e.getKey()));
        Map<Integer, Integer> kinds = new HashMap<>();
        for (JsonNode t : root.path("added_tokens")) {
            int id = t.path("id").asInt();
            byId.put(id, t.path("content").asString());
            kinds.put(id, t.path("special").asBoolean() ? PieceTable.CONTROL : PieceTable.USER_DEFINED);
        }
        List<String> tokens = new ArrayList<>();
        List<Integer> types = new ArrayList<>();
        for (int id = 0; id < byId.size(); id++) {
            tokens.add(byId.getOrDefault(id, "[UNUSED" + id + "]"));
            types.add(kinds.getOrDefault(id, PieceTable.NORMAL));
        }
        List<String> merges = new ArrayList<>();
        for (JsonNode m : root.path("model").path("merges")) {
            merges.add(m.isArray() ? m.get(0).asString() + " " + m.get(1).asString() : m.asString());
        }
        Map<String, Object> out = new HashMap<>();
        out.put("tokenizer.ggml.model", "gpt2");
        out.put("tokenizer.ggml.tokens", tokens);
        out.put("tokenizer.ggml.token_type", types);
        out.put("tokenizer.ggml.merges", merges);
        return out;
    }

    /// GPT-2's vocabulary under every name; the files are what llama.cpp (October 2026) makes of it.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            default        | default
            gpt-2          | gpt-2 phi-2 mpt olmo jais exaone4 modern-bert roberta-bpe
            smollm         | smollm starcoder refact command-r codeshell exaone minerva-7b
            smollm         | qwen2 deepseek-r1-qwen megrez stablelm2 hunyuan grok-2 qwen35 tekken seed-coder bailingmoe
            llama-bpe      | llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral lfm2 smaug-bpe dbrx glm4 chatglm-bpe
            llama-bpe      | deepseek-v3 hunyuan-dense gpt-4o llama4 minimax-m2 kimi-k2
            falcon         | falcon
            deepseek-llm   | deepseek-llm
            deepseek-coder | deepseek-coder
            chameleon      | chameleon
            """)
    void a_name_cuts_words_as_llama_cpp_does(String golden, String names) throws IOException {
        Map<String, Object> metadata = GgufReader.read(Golden.shared(SHARED + "gpt-2.gguf"));
        Path ids = Golden.golden("tokenizers/" + golden + ".out");
        for (String name : names.split(" ", -1)) {
            metadata.put("tokenizer.ggml.pre", name);
            ReferenceIds.assertThatGives(GgufTokenizer.of(name, metadata), texts(), ids);
        }
    }
}
