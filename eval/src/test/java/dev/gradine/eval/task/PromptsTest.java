package dev.gradine.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.data.chat.ChatTemplate;
import dev.gradine.eval.FormulaModel;
import dev.gradine.eval.document.DataFolders;
import dev.gradine.eval.document.Document;
import dev.gradine.eval.model.BosRule;
import dev.gradine.eval.model.LanguageModel;
import dev.gradine.eval.model.TextModel;
import dev.gradine.testkit.TinyText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Prompts of one question behind two examples, in each style.
class PromptsTest {

    private static final String TASK = """
            task: t
            dataset_path: json
            dataset_kwargs: {data_files: {test: t.jsonl}}
            test_split: test
            output_type: multiple_choice
            description: "Answer.\\n\\n"
            doc_to_text: "Q: {{q}}\\nA:"
            doc_to_choice: ["one", "two"]
            doc_to_target: "{{a}}"
            """;

    private static final List<Document> SHOTS =
            List.of(new Document(0, Map.of("q", "1?", "a", 0)), new Document(1, Map.of("q", "2?", "a", 1)));
    private static final Document ASKED = new Document(2, Map.of("q", "3?", "a", 0));

    private final LanguageModel model =
            new TextModel(new FormulaModel(), FormulaModel.codec(ChatTemplate.parse(TinyText.TEMPLATE)), BosRule.AUTO);

    private Prompts prompts(String more, Prompts.Style style) {
        return new Prompts(TaskFile.parse("t", TASK + more, name -> "").wording(), style);
    }

    private String prompt(String more, Prompts.Style style) {
        return prompts(more, style).of(ASKED, SHOTS, model);
    }

    @Test
    void plain_text_is_description_examples_question() {
        assertThat(prompt("", Prompts.Style.plain()))
                .isEqualTo("Answer.\n\nQ: 1?\nA: one\n\nQ: 2?\nA: two\n\nQ: 3?\nA:");
        assertThat(prompts("", Prompts.Style.plain()).delimiter(ASKED)).isEqualTo(" ");
    }

    @Test
    void a_system_text_stands_before_the_description() {
        assertThat(prompt("", new Prompts.Style(false, false, "Be brief.")))
                .startsWith("Be brief.\n\nAnswer.\n\nQ: 1?");
    }

    @Test
    void a_conversation_has_all_in_one_message_and_no_delimiter_before_a_choice() {
        Prompts.Style chat = new Prompts.Style(true, false, "");
        assertThat(prompt("", chat)).isEqualTo("""
                        <|im_start|>system
                        Answer.

                        <|im_end|>
                        <|im_start|>user
                        Q: 1?
                        A: one

                        Q: 2?
                        A: two

                        Q: 3?
                        A:<|im_end|>
                        <|im_start|>assistant
                        """);
        assertThat(prompts("", chat).delimiter(ASKED)).isEmpty();
    }

    @Test
    void examples_may_be_turns() {
        assertThat(prompt("", new Prompts.Style(true, true, "S"))).isEqualTo("""
                        <|im_start|>system
                        S

                        Answer.

                        <|im_end|>
                        <|im_start|>user
                        Q: 1?
                        A:<|im_end|>
                        <|im_start|>assistant
                        one<|im_end|>
                        <|im_start|>user
                        Q: 2?
                        A:<|im_end|>
                        <|im_start|>assistant
                        two<|im_end|>
                        <|im_start|>user
                        Q: 3?
                        A:<|im_end|>
                        <|im_start|>assistant
                        """);
        assertThatThrownBy(() -> new Prompts.Style(false, true, ""))
                .hasMessageStartingWith("--fewshot-as-multiturn is given without --apply-chat-template");
    }

    @Test
    void what_the_answer_begins_with_stands_behind_every_question() {
        String prefix = "gen_prefix: 'It is'\n";
        assertThat(prompt(prefix, Prompts.Style.plain()))
                .isEqualTo("Answer.\n\nQ: 1?\nA: It is one\n\nQ: 2?\nA: It is two\n\nQ: 3?\nA: It is");
        Prompts.Style chat = new Prompts.Style(true, false, "");
        assertThat(prompt(prefix, chat)).endsWith("Q: 3?\nA:<|im_end|>\n<|im_start|>assistant\nIt is");
        assertThat(prompts(prefix, chat).delimiter(ASKED)).isEqualTo(" ");
    }

    @Test
    void a_question_is_never_its_own_example() {
        List<Document> pool = new ArrayList<>(SHOTS);
        pool.add(ASKED);
        ShotRule rule = new ShotRule(2, "", pool, false, true);
        var shots = rule.open(TaskFile.parse("t", TASK, name -> "").data(), new DataFolders(List.of()), 1);
        for (int i = 0; i < 20; i++) assertThat(shots.of(ASKED)).containsExactlyInAnyOrderElementsOf(SHOTS);
        assertThat(new ShotRule(2, "", pool, true, true)
                        .open(TaskFile.parse("t", TASK, name -> "").data(), new DataFolders(List.of()), 1)
                        .of(SHOTS.getFirst()))
                .containsExactly(SHOTS.get(1), ASKED);
    }
}
