package dev.gradine.cli.fuzz;

import dev.gradine.data.jinja.TemplateException;
import dev.gradine.data.token.TokenizerException;
import dev.gradine.io.CheckpointException;
import dev.gradine.models.OpenModel;
import dev.gradine.models.StopTokens;
import dev.gradine.tensor.Kernels;
import dev.gradine.testkit.TinyTokenizers;
import dev.gradine.testkit.fuzz.FileKind;
import dev.gradine.testkit.fuzz.Mutation;
import dev.gradine.testkit.fuzz.Original;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// The files beside `tokenizer.json` that say something of tokens and templates.
final class TextFilesFuzz {

    private static final Map<String, String> FILES = new TreeMap<>(Map.of(
            "tokenizer_config.json",
            """
            {"bos_token": "<s>", "eos_token": {"content": "abc", "lstrip": false, "normalized": true, "rstrip": false,
              "single_word": false}, "pad_token": null, "additional_special_tokens": ["<y>"],
             "added_tokens_decoder": {"8": {"content": "<s>", "special": true}, "9": {"content": "<x>", "lstrip": true,
              "normalized": false, "rstrip": false, "single_word": false, "special": false}},
             "extra_special_tokens": {"image_token": "<i>"}, "model_max_length": 1000000000000000019884624838656,
             "chat_template": [{"name": "default", "template": "{{ messages[0].content }}{{ eos_token }}"},
              {"name": "tool_use", "template": "{{ tools }}"}]}""",
            "special_tokens_map.json",
            """
            {"bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "abc",
             "additional_special_tokens": ["<y>"]}""",
            "added_tokens.json",
            """
            {"<x>": 9, "<y>": 10}""",
            "generation_config.json",
            """
            {"bos_token_id": 8, "eos_token_id": [7, 8], "pad_token_id": 8, "do_sample": true, "temperature": 0.6}"""));

    private static final List<String> KEYS = List.of(
            "bos_token",
            "eos_token",
            "pad_token",
            "unk_token",
            "chat_template",
            "content",
            "special",
            "added_tokens_decoder",
            "additional_special_tokens",
            "extra_special_tokens",
            "eos_token_id",
            "name",
            "template",
            "9",
            "-1",
            "99999999999",
            "");

    private static final List<String> WORDS = List.of(
            "", " ", "<s>", "abc", "ab", "<|im_end|>", "\ud800", "\u0000", "{% for %}", "{{ x", "x".repeat(2000));

    private static final List<String> PARTS = List.of(
            "{\"content\": \"<q>\", \"special\": true}",
            "{\"content\": null}",
            "{\"name\": \"default\"}",
            "[7, -1, 99999999999]",
            "[[7]]",
            "9",
            "1e999");

    private TextFilesFuzz() {}

    static List<FileKind> kinds(Path folder, Kernels run) throws IOException {
        List<Original> originals = new ArrayList<>();
        for (var f : FILES.entrySet()) {
            Path model = TinyFiles.model(folder.resolve("with-" + f.getKey()));
            Files.writeString(model.resolve("tokenizer.json"), TinyTokenizers.bpe());
            for (String other : List.of("tokenizer_config.json", "chat_template.jinja"))
                Files.delete(model.resolve(other));
            Original.Reader reader = TinyFiles.opening(model.resolve(f.getKey()), model, run, TextFilesFuzz::use);
            originals.add(new Original(f.getValue().getBytes(StandardCharsets.UTF_8), model, reader));
        }
        FileKind.Change change = new Mutation(ConfigFuzz.VALUES).or(new JsonChange(KEYS, WORDS, PARTS));
        return List.of(new FileKind(
                "text-files",
                originals,
                change,
                Set.of(
                        TokenizerException.class,
                        TemplateException.class,
                        CheckpointException.class,
                        IllegalArgumentException.class)));
    }

    private static void use(OpenModel m) {
        var codec = m.codec();
        StopTokens.of(m, codec);
        codec.tokenizer().decode(codec.tokenizer().encode("ab<x> <y>", true), true);
    }
}
