package org.oneshottuner.jobs.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.OptionalDouble;

/** Figures as JSON; what is not known is null. */
final class FiguresJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .addModule(
              new SimpleModule()
                  .addSerializer(Double.class, new Finite())
                  .addSerializer(double.class, new Finite())
                  .addSerializer(
                      OptionalDouble.class,
                      new JsonSerializer<OptionalDouble>() {
                        @Override
                        public void serialize(
                            OptionalDouble value, JsonGenerator out, SerializerProvider provider)
                            throws IOException {
                          if (value.isPresent()) {
                            out.writeNumber(value.getAsDouble());
                          } else {
                            out.writeNull();
                          }
                        }
                      }))
          .build();

  private FiguresJson() {}

  /** JSON knows no infinity. */
  private static final class Finite extends JsonSerializer<Double> {
    @Override
    public void serialize(Double value, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      if (Double.isFinite(value)) {
        out.writeNumber(value);
      } else {
        out.writeNull();
      }
    }
  }

  static byte[] bytes(Object figures) {
    try {
      return (MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(figures) + "\n")
          .getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write figures as JSON: " + e.getOriginalMessage(), e);
    }
  }
}
