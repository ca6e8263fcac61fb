package dev.coracle.registry.resource;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AutoscalerMetricsTest {

  private static JsonNode json(String text) {
    return Json.read(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {'type':'Resource','resource':{'name':'memory','target':{'averageValue':'1Mi','type':'AverageValue'}}}|{'type':'Resource','resource':{'name':'memory','targetAverageValue':'1Mi'}}
          {'type':'Pods','pods':{'metric':{'name':'q','selector':{}},'target':{'averageValue':'5','type':'AverageValue'}}}|{'type':'Pods','pods':{'metricName':'q','targetAverageValue':'5','selector':{}}}
          {'type':'Object','object':{'describedObject':{'kind':'Service','name':'s','apiVersion':'v1'},'metric':{'name':'h'},'target':{'value':'5','type':'Value'}}}|{'type':'Object','object':{'target':{'kind':'Service','name':'s','apiVersion':'v1'},'metricName':'h','targetValue':'5'}}
          {'type':'Object','object':{'describedObject':{'kind':'Service','name':'s'},'metric':{'name':'h'},'target':{'averageValue':'5','type':'AverageValue'}}}|{'type':'Object','object':{'target':{'kind':'Service','name':'s'},'metricName':'h','targetValue':'0','averageValue':'5'}}
          {'type':'External','external':{'metric':{'name':'e','selector':{'matchLabels':{'a':'b'}}},'target':{'averageValue':'7','type':'AverageValue'}}}|{'type':'External','external':{'metricName':'e','metricSelector':{'matchLabels':{'a':'b'}},'targetAverageValue':'7'}}
          {'type':'ContainerResource','containerResource':{'name':'cpu','container':'c','target':{'averageUtilization':70,'type':'Utilization'}}}|{'type':'ContainerResource','containerResource':{'name':'cpu','targetAverageUtilization':70,'container':'c'}}
          """)
  void metric_inTheAnnotation_hasTheOlderNamesAndComesBack(String newer, String older) {
    assertThat(AutoscalerMetrics.metric(json(newer)).toString()).isEqualTo(json(older).toString());
    assertThat(AutoscalerMetrics.metricOf(json(older))).isEqualTo(json(newer));
  }

  @Test
  void state_inTheAnnotation_hasAmountAndPercentage() {
    JsonNode newer =
        json(
            "{'type':'Resource','resource':{'name':'cpu','current':{'averageUtilization':12,'averageValue':'1m'}}}");
    assertThat(AutoscalerMetrics.state(newer).toString())
        .isEqualTo(
            json("{'type':'Resource','resource':{'name':'cpu','currentAverageUtilization':12,'currentAverageValue':'1m'}}")
                .toString());
    assertThat(AutoscalerMetrics.stateOf(AutoscalerMetrics.state(newer))).isEqualTo(newer);
    assertThat(AutoscalerMetrics.state(json("{'type':''}")).toString())
        .isEqualTo("{\"type\":\"\"}");
  }

  @Test
  void behavior_inTheAnnotation_hasTheNamesOfTheFieldsAndComesBack() {
    JsonNode newer =
        json(
            "{'scaleUp':{'stabilizationWindowSeconds':0,'selectPolicy':'Max','policies':[{'type':'Pods','value':4,'periodSeconds':15}],'tolerance':'50m'}}");
    String older =
        "{'ScaleUp':{'StabilizationWindowSeconds':0,'SelectPolicy':'Max','Policies':[{'Type':'Pods','Value':4,'PeriodSeconds':15}],'Tolerance':'50m'},'ScaleDown':null}";
    assertThat(AutoscalerMetrics.behavior(newer).toString()).isEqualTo(json(older).toString());
    assertThat(AutoscalerMetrics.behaviorOf(json(older))).isEqualTo(newer);
    assertThat(AutoscalerMetrics.behaviorOf(json("{}"))).isNull();
  }
}
