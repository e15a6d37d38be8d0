package dev.gantry.controlplane.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gantry.common.identity.JoinToken;
import dev.gantry.controlplane.api.ApiFixture.Answer;
import java.net.http.HttpClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Join tokens over the API: made, looked at and ended by administrators only. */
final class JoinTokenTest {
    private static final ApiFixture API = new ApiFixture();
    private static final String TOKENS = "/apis/gantry.dev/v1/jointokens";

    @AfterAll
    static void stop() {
        API.close();
    }

    @Test
    void aTokenIsShownOnceListedWithoutItsSecretAndDeleted() {
        JsonNode made = API.post(TOKENS, "{\"spec\":{\"ttlSeconds\":600,\"maxUses\":3}}")
                .json();
        JoinToken token = JoinToken.parse(made.at("/status/token").asText());

        Answer list = API.get(TOKENS);
        assertThat(list.text()).doesNotContain(token.secret()).doesNotContain("Sha256");
        assertThat(list.json().path("items")).anySatisfy(item -> {
            assertThat(item.at("/metadata/name").asText()).isEqualTo(token.id());
            assertThat(item.at("/spec/maxUses").asInt()).isEqualTo(3);
            assertThat(item.at("/status/joined").isArray()).isTrue();
        });

        assertThat(API.delete(TOKENS + "/" + token.id(), "").status()).isEqualTo(200);
        assertThat(API.get(TOKENS).text()).doesNotContain(token.id());
        assertThat(API.delete(TOKENS + "/" + token.id(), "").status()).isEqualTo(404);
    }

    @Test
    void whatIsOutsideIsRefusedWithItsField() {
        for (String spec : new String[] {"{\"ttlSeconds\":0}", "{\"maxUses\":0}", "{\"maxUses\":\"many\"}"}) {
            Answer refused = API.post(TOKENS, "{\"spec\":%s}".formatted(spec));
            assertThat(refused.status()).as(spec).isEqualTo(422);
            assertThat(refused.json().at("/details/causes/0/field").asText()).startsWith("spec");
        }
    }

    @Test
    void aNodeMayDoNoneOfIt() {
        try (HttpClient node = ApiFixture.client(API.identity.client("system:node:a1", "system:nodes"))) {
            assertThat(API.send(node, API.request(TOKENS)).status()).isEqualTo(403);
            assertThat(API.send(node, API.request(TOKENS + "/abcdefghij").DELETE())
                            .status())
                    .isEqualTo(403);
        }
    }
}
