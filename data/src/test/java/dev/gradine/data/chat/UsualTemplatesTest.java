package dev.gradine.data.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The usual templates: every format's text, written by hand from its model's card.
class UsualTemplatesTest {
    private static final Map<String, String> TOKENS = Map.of("bos_token", "<s>", "eos_token", "</s>");
    private static final List<Message> TURNS = List.of(
            new Message("system", "S"),
            new Message("user", "q"),
            new Message("assistant", "a"),
            new Message("user", "r"));

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "alpaca¦S~~### Instruction:~q~~### Response:~a</s>~~### Instruction:~r~~### Response:~",
                "chatml¦<|im_start|>system~S<|im_end|>~<|im_start|>user~q<|im_end|>~<|im_start|>assistant~a<|im_end|>~"
                        + "<|im_start|>user~r<|im_end|>~<|im_start|>assistant~",
                "gemma¦<s><start_of_turn>user~S~~q<end_of_turn>~<start_of_turn>model~a<end_of_turn>~"
                        + "<start_of_turn>user~r<end_of_turn>~<start_of_turn>model~",
                "llama2¦<s>[INST] <<SYS>>~S~<</SYS>>~~q [/INST] a </s><s>[INST] r [/INST]",
                "llama3¦<s><|start_header_id|>system<|end_header_id|>~~S<|eot_id|>"
                        + "<|start_header_id|>user<|end_header_id|>~~q<|eot_id|>"
                        + "<|start_header_id|>assistant<|end_header_id|>~~a<|eot_id|>"
                        + "<|start_header_id|>user<|end_header_id|>~~r<|eot_id|>"
                        + "<|start_header_id|>assistant<|end_header_id|>~~",
                "mistral¦<s>[INST] S~~q [/INST] a</s>[INST] r [/INST]",
                "phi3¦<|system|>~S<|end|>~<|user|>~q<|end|>~<|assistant|>~a<|end|>~<|user|>~r<|end|>~<|assistant|>~",
                "vicuna¦S USER: q ASSISTANT: a</s>USER: r ASSISTANT:",
                "zephyr¦<|system|>~S</s>~<|user|>~q</s>~<|assistant|>~a</s>~<|user|>~r</s>~<|assistant|>~",
            })
    void a_conversation_is_written_as_its_models_expect(String name, String expected) {
        assertThat(ChatTemplate.named(name).render(TURNS, TOKENS, true)).isEqualTo(expected.replace('~', '\n'));
    }

    @Test
    void the_next_turn_goes_on_where_the_prompt_ends() {
        for (String name : UsualTemplates.NAMES) {
            ChatTemplate t = ChatTemplate.named(name);
            String prompt = t.render(TURNS.subList(0, 2), TOKENS, true);
            assertThat(t.render(TURNS.subList(0, 3), TOKENS, false)).as(name).startsWith(prompt);
        }
    }

    @Test
    void a_choice_is_a_name_of_the_models_a_usual_one_or_a_file(@TempDir Path folder) throws IOException {
        Map<String, String> own = Map.of("rag", "own", "chatml", "{{ 'mine' }}");
        assertThat(ChatTemplate.chosen("rag", "m", own).render(TURNS, TOKENS, true))
                .isEqualTo("own");
        assertThat(ChatTemplate.chosen("rag", "m", own).render(TURNS, Map.of("tools", List.of()), true))
                .isEqualTo("own");
        assertThat(ChatTemplate.chosen("chatml", "m", own).render(TURNS, TOKENS, true))
                .isEqualTo("mine");
        assertThat(ChatTemplate.chosen("vicuna", "m", own).render(TURNS, TOKENS, true))
                .endsWith("ASSISTANT:");
        Path file = Files.writeString(folder.resolve("x.jinja"), "{{ messages[1].content }}");
        assertThat(ChatTemplate.chosen(file.toString(), "m", own).render(TURNS, TOKENS, true))
                .isEqualTo("q");
        Files.writeString(file, "{% if");
        assertThatThrownBy(() -> ChatTemplate.chosen(file.toString(), "m", own))
                .hasMessage(file + ": line 1: tag is not closed, expected '%}'");
        assertThatThrownBy(() -> ChatTemplate.chosen("klingon", "m", own))
                .hasMessage("--chat-template: klingon is no file and no name; the model's are chatml, rag, the usual"
                        + " ones alpaca, chatml, gemma, llama2, llama3, mistral, phi3, vicuna, zephyr");
        assertThatThrownBy(() -> ChatTemplate.chosen("klingon", "m", Map.of()))
                .hasMessageContaining("the model's are none,");
    }
}
