package dev.gradine.data.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Templates and special tokens as a model folder declares them; the rules are transformers 5's.
class FolderTemplateTest {
    @TempDir
    private Path folder = Path.of("");

    private void write(String file, String text) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    @Test
    void a_template_is_a_file_else_a_key_of_the_configuration() throws IOException {
        assertThat(FolderTemplate.sources(folder)).isEmpty();
        write("tokenizer_config.json", "{\"chat_template\": \"c\"}");
        assertThat(FolderTemplate.sources(folder)).isEqualTo(Map.of("default", "c"));
        write("chat_template.jinja", "f");
        assertThat(FolderTemplate.sources(folder)).isEqualTo(Map.of("default", "f"));
    }

    @Test
    void named_templates_are_a_list_or_files() throws IOException {
        write(
                "tokenizer_config.json",
                "{\"chat_template\": [{\"name\": \"default\", \"template\": \"d\"},"
                        + " {\"name\": \"rag\", \"template\": \"r\"}]}");
        assertThat(FolderTemplate.sources(folder)).isEqualTo(Map.of("default", "d", "rag", "r"));
        write("additional_chat_templates/tool_use.jinja", "t");
        assertThat(FolderTemplate.sources(folder)).isEqualTo(Map.of("tool_use", "t"));
        write("chat_template.jinja", "f");
        assertThat(FolderTemplate.sources(folder)).isEqualTo(Map.of("default", "f", "tool_use", "t"));
    }

    @Test
    void a_file_that_cannot_be_read_is_named() throws IOException {
        write("tokenizer_config.json", "{");
        assertThatThrownBy(() -> FolderTemplate.sources(folder))
                .hasMessageStartingWith(folder.resolve("tokenizer_config.json") + ": is not JSON: ");
        Files.write(folder.resolve("chat_template.jinja"), new byte[] {(byte) 0xE9});
        assertThatThrownBy(() -> FolderTemplate.sources(folder))
                .hasMessage(folder.resolve("chat_template.jinja") + ": is not UTF-8");
    }

    @Test
    void declared_tokens_are_variables_and_no_others() throws IOException {
        assertThat(TemplateTokens.has(folder)).isFalse();
        write("tokenizer_config.json", """
                {"bos_token": null, "eos_token": "</s>", "unk_token": {"content": "<unk>", "lstrip": false},
                 "sep_token": "S", "cls_token": "C", "mask_token": "M", "image_token": "<image>",
                 "add_bos_token": true, "additional_special_tokens": ["a"],
                 "extra_special_tokens": {"audio_token": "<audio>", "begin": "<b>"}}""");
        assertThat(TemplateTokens.has(folder)).isTrue();
        assertThat(TemplateTokens.read(folder))
                .isEqualTo(Map.of(
                        "eos_token", "</s>",
                        "unk_token", "<unk>",
                        "sep_token", "S",
                        "cls_token", "C",
                        "mask_token", "M",
                        "image_token", "<image>",
                        "audio_token", "<audio>",
                        "begin", "<b>"));
    }

    @Test
    void the_map_of_special_tokens_wins_where_the_configuration_has_no_added_tokens() throws IOException {
        write("tokenizer_config.json", "{\"eos_token\": \"old\", \"bos_token\": \"b\"}");
        write("special_tokens_map.json", "{\"eos_token\": {\"content\": \"new\"}, \"pad_token\": \"p\"}");
        assertThat(TemplateTokens.read(folder))
                .isEqualTo(Map.of("eos_token", "new", "bos_token", "b", "pad_token", "p"));
        write("tokenizer_config.json", "{\"eos_token\": \"old\", \"added_tokens_decoder\": {}}");
        assertThat(TemplateTokens.read(folder)).isEqualTo(Map.of("eos_token", "old"));
    }
}
