package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Chromium;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The page of the server in a real browser.
@Tag("browser")
class ChatPageBrowserTest {

    private static final String FEET = "[...document.querySelectorAll('.answer footer')].map(f => f.textContent)";
    private static final String DONE = ".filter(t => /^12 tokens, [\\d.]+ tokens\\/s, first after/.test(t)).length";

    @TempDir
    private Path temp = Path.of("");

    @Test
    void two_models_answer_beside_each_other_and_the_conversation_goes_on() throws Exception {
        Chromium chromium = Chromium.require("whether the chat page works");
        try (BrowserTab tab = BrowserTab.open(chromium, temp);
                ServerProcess server = ServerProcess.start(temp)) {
            tab.go(server.url() + "/");
            tab.await("document.querySelectorAll('#second option').length === 4");
            assertThat(tab.evaluate("[...document.getElementById('first').options].map(o => o.value).join()"))
                    .isEqualTo("base,alphapo,dpo");
            tab.evaluate("(() => { for (const [id, value] of Object.entries({first: 'dpo', second: 'alphapo',"
                    + " temperature: 0, tokens: 12, text: 'Tell me a story'}))"
                    + " document.getElementById(id).value = value; document.getElementById('send').click(); })()");
            tab.await(FEET + DONE + " === 2");
            String text = "[...document.querySelectorAll('.answer p')].map(p => p.textContent)";
            assertThat(tab.evaluate(text + "[0].trim()")).isEqualTo(server.chat("dpo", "Tell me a story"));
            assertThat(tab.evaluate(text + "[1].trim()")).isEqualTo(server.chat("alphapo", "Tell me a story"));
            tab.evaluate("(() => { document.getElementById('text').value = 'And now?';"
                    + " document.getElementById('send').click(); })()");
            tab.await(FEET + ".length === 4 && document.getElementById('send').disabled === false");
            assertThat(tab.evaluate("document.querySelectorAll('.user').length"))
                    .isEqualTo("2");
            assertThat(tab.evaluate("document.querySelectorAll('.error').length"))
                    .isEqualTo("0");
            assertThat(tab.complaints()).isEmpty();
        }
    }
}
